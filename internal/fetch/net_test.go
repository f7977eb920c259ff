package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// pipeNet is a network in memory, so that tests run in the time of a
// synctest bubble.
type pipeNet struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (n *pipeNet) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		return c, nil
	case <-n.done:
		return nil, errors.New("closed")
	}
}

func (n *pipeNet) Close() error   { n.once.Do(func() { close(n.done) }); return nil }
func (n *pipeNet) Addr() net.Addr { return &net.TCPAddr{} }

func (n *pipeNet) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case n.conns <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-n.done:
		return nil, errors.New("connection refused")
	}
}

// start serves h in memory to the client that it gives.
func start(t *testing.T, o Options, h http.HandlerFunc) *Client {
	n := &pipeNet{conns: make(chan net.Conn), done: make(chan struct{})}
	srv := &http.Server{Handler: h}
	served := make(chan struct{})
	go func() { srv.Serve(n); close(served) }()
	o.Dial = n.dial
	c := New(o)
	t.Cleanup(func() {
		c.Close()
		srv.Close()
		<-served
		time.Sleep(time.Second) // handlers and connections end, in the bubble's time
	})
	return c
}

func sum(content string) Digest {
	h := sha256.Sum256([]byte(content))
	return Digest{"sha256", hex.EncodeToString(h[:])}
}

// want fails unless dst is the content and nothing lies beside it.
func want(t *testing.T, dst, content string) {
	t.Helper()
	got, err := os.ReadFile(dst)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != content {
		t.Errorf("content is %d bytes %.40q, want %d bytes %.40q", len(got), got, len(content), content)
	}
	only(t, dst)
}

// only fails when the folder of dst holds other files than these.
func only(t *testing.T, dst string, names ...string) {
	t.Helper()
	list, err := os.ReadDir(filepath.Dir(dst))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if e.Name() != filepath.Base(dst) {
			t.Errorf("left behind: %s", e.Name())
		}
	}
}
