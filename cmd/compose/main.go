// Command compose turns RPM packages into a finished distribution compose.
// This package holds flags, signals, exit codes and how events look; the work
// is in phases and below.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"compose/config"
	"compose/phases"
)

// The exit codes, a documented interface.
const (
	exitFinished   = 0
	exitDoomed     = 1
	exitUsage      = 2 // bad usage or configuration
	exitIncomplete = 3 // finished without some optional part
	exitTerminated = 130
)

func main() {
	phases.SandboxMain()
	tuneMemory()
	ctx := onSignal(context.Background())
	os.Exit(exitCode(newRootCmd().ExecuteContext(ctx)))
}

// exitError ends the program with a code of its own. Without an error in it
// nothing is printed: the command has said what there is to say.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// failure is an error of doing, as opposed to one of asking.
func failure(err error) error { return &exitError{exitDoomed, err} }

// exitCode prints an error and gives the exit code. What cobra or a command
// returns plainly is bad usage.
func exitCode(err error) int {
	if err == nil {
		return exitFinished
	}
	code := exitUsage
	var exit *exitError
	if errors.As(err, &exit) {
		code = exit.code
		if exit.err == nil {
			return code
		}
	}
	var complaints *config.Errors
	if errors.As(err, &complaints) { // each begins with its place in the file
		fmt.Fprintln(os.Stderr, complaints)
		return code
	}
	fmt.Fprintln(os.Stderr, "compose:", err)
	return code
}

// signalError is the cause of a context that a signal ended.
type signalError struct{ sig os.Signal }

func (e signalError) Error() string { return "stopped by " + e.sig.String() }

// onSignal gives a context that SIGINT or SIGTERM ends. A second signal ends
// the program at once. One that comes when all is done changes nothing: the
// exit code is what STATUS says.
func onSignal(parent context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(parent)
	ch := make(chan os.Signal, 2)
	signal.Notify(ch, os.Interrupt, syscall.SIGTERM)
	go func() {
		sig := <-ch
		cancel(signalError{sig})
		<-ch
		os.Exit(exitTerminated)
	}()
	return ctx
}

func newRootCmd() *cobra.Command {
	root := &cobra.Command{
		Use:   "compose",
		Short: "Turn RPM packages into a finished distribution compose",
		Long: `compose turns RPM packages into a finished distribution compose: package
trees with repositories, source and debug trees, and the metadata that says
what is in them.`,
		Example: `  compose check config.toml          look for mistakes in a configuration
  compose plan config.toml           show what a run would do
  compose run config.toml            make the compose in ./composes`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(newRunCmd(), newPlanCmd(), newCheckCmd(), newExplainCmd(), newSchemaCmd(), newCacheCmd(), newCreaterepoCmd(), newRepoclosureCmd(), newGatherCmd(), newDiffCmd(), newRepoCmd(), newWatchCmd(), newPublishCmd(), newGCCmd(), newPinCmd(), newUnpinCmd(), newStatusCmd(), newTopCmd(), newPreflightCmd())
	return root
}

// version is what the build knows of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "devel"
	}
	return info.Main.Version
}
