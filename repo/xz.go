package repo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"

	"compose/internal/proc"
)

// xzBlock is how much xz compresses on its own. With it given, and more than
// one thread allowed, the bytes do not depend on the number of threads.
const xzBlock = 4 << 20

// xzPipe is a file on its way through the xz program: there is no Go library
// that compresses as well in as little time.
type xzPipe struct {
	in   *io.PipeWriter
	done chan error
}

// checkXZ says early that there is no xz.
func checkXZ() error {
	if _, err := exec.LookPath("xz"); err != nil {
		return errors.New("compression \"xz\": the program xz is not installed")
	}
	return nil
}

// startXZ compresses what is written to the pipe and writes it to out.
func startXZ(ctx context.Context, out io.Writer, workers int) *xzPipe {
	r, w := io.Pipe()
	x := &xzPipe{in: w, done: make(chan error, 1)}
	cmd := proc.Command{
		Args: []string{"xz", "--compress", "--stdout", "-6", "--block-size=" + strconv.Itoa(xzBlock), "--threads=" + strconv.Itoa(max(workers, 2))},
		Dir:  "/", Env: proc.Env(), Stdin: r, Stdout: out,
	}
	go func() {
		err := proc.Run(ctx, cmd)
		if err == nil {
			err = io.ErrClosedPipe // for who writes on
		}
		r.CloseWithError(err)
		x.done <- err
	}()
	return x
}

func (x *xzPipe) Write(b []byte) (int, error) { return x.in.Write(b) }

// close waits until all is compressed.
func (x *xzPipe) close() error {
	x.in.Close()
	if err := <-x.done; err != io.ErrClosedPipe {
		return fmt.Errorf("compressing: %w", err)
	}
	return nil
}

// abandon ends the program, whose output nobody wants.
func (x *xzPipe) abandon() {
	x.in.CloseWithError(errors.New("abandoned"))
	<-x.done
}
