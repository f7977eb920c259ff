#!/usr/bin/python3
"""peak.py FILE COMMAND...: runs a command and appends its peak of resident
memory, in KiB, to FILE."""
import os
import resource
import sys

child = os.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
status = os.waitpid(child, 0)[1]
with open(sys.argv[1], "a") as f:
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=f)
sys.exit(os.waitstatus_to_exitcode(status))
