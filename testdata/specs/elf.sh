#!/bin/sh
# elf.sh ARCH TEXT: a static ELF program for Linux that writes TEXT and a
# newline and ends with 0; an empty TEXT gives one that only ends.
# It is put together here so that no compiler is needed.
set -eu
arch=$1 text=$2
le() { # VALUE BYTES: little endian
  v=$1 n=$2
  while [ "$n" -gt 0 ]; do
    printf "\\$(printf %03o $((v & 255)))"
    v=$((v >> 8)) n=$((n - 1))
  done
}
hex() { for b in "$@"; do printf "\\$(printf %03o "0x$b")"; done; }
len=$(($(printf %s "$text" | wc -c) + 1))
[ -n "$text" ] || len=0
case $arch in
x86_64) machine=62 code=33 ;;
aarch64) machine=183 code=32 ;;
*) echo "elf.sh: no code for $arch" >&2; exit 1 ;;
esac
base=$((0x400000)) size=$((120 + code + len))
hex 7f 45 4c 46 02 01 01 00 00 00 00 00 00 00 00 00
le 2 2; le $machine 2; le 1 4; le $((base + 120)) 8; le 64 8; le 0 8; le 0 4
le 64 2; le 56 2; le 1 2; le 64 2; le 0 2; le 0 2
le 1 4; le 5 4; le 0 8; le $base 8; le $base 8; le $size 8; le $size 8; le 4096 8
case $arch in
x86_64)
  hex b8 01 00 00 00 bf 01 00 00 00 48 8d 35 # eax = write, edi = 1, rsi = the text
  le $((code - 17)) 4
  hex ba; le $len 4
  hex 0f 05 b8 3c 00 00 00 31 ff 0f 05 # syscall; eax = exit, edi = 0; syscall
  ;;
aarch64)
  le $((0xd2800020)) 4                                # x0 = 1
  le $((0x10000001 | (7 << 5))) 4                     # x1 = the text, seven instructions on
  le $((0xd2800002 | (len << 5))) 4                   # x2 = len
  le $((0xd2800808)) 4; le $((0xd4000001)) 4          # x8 = write; svc
  le $((0xd2800000)) 4; le $((0xd2800ba8)) 4; le $((0xd4000001)) 4 # x0 = 0, x8 = exit; svc
  ;;
esac
[ -z "$text" ] || printf '%s\n' "$text"
