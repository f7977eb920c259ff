package overview

import (
	"encoding/json"
	"os"
	"sync"
	"time"

	"compose/phases/event"
)

// Writer keeps the file of progress: how far the running steps are, once a
// second when that has changed. The log of events does not have it.
type Writer struct {
	name  string
	write func(name string, data []byte) error
	stop  chan struct{}
	done  chan struct{}

	mu    sync.Mutex
	steps map[string]Progress
	dirty bool
}

// every is how often the file is written at most.
const every = time.Second

// StartProgress keeps the file until Close. It is written by a function that
// gives it its name only when it is complete; what goes wrong there harms
// nobody but those who look.
func StartProgress(name string, write func(name string, data []byte) error) *Writer {
	w := &Writer{name: name, write: write, stop: make(chan struct{}), done: make(chan struct{}), steps: map[string]Progress{}}
	go w.loop()
	return w
}

// Handle takes an event.
func (w *Writer) Handle(e event.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e.Kind {
	case event.Progress:
		w.steps[e.Step] = Progress{e.Done, e.Total, e.Unit}
		w.dirty = true
	case event.Ended:
		delete(w.steps, e.Step)
	}
}

func (w *Writer) loop() {
	defer close(w.done)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if data := w.data(); data != nil {
				_ = w.write(w.name, data)
			}
		case <-w.stop:
			_ = os.Remove(w.name)
			return
		}
	}
}

// data is what is to be written, nil for nothing new.
func (w *Writer) data() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.dirty {
		return nil
	}
	w.dirty = false
	data, err := json.Marshal(file{time.Now().UTC(), w.steps})
	if err != nil {
		return nil
	}
	return data
}

// Close removes the file: of a run that has ended it says nothing.
func (w *Writer) Close() {
	close(w.stop)
	<-w.done
}
