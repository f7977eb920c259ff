package image

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// monitorSocket is the name of QEMU's monitor in the folder that it runs in.
// The whole path may be longer than the name of a socket can be.
const monitorSocket = "qmp.sock"

// screendump asks the QEMU whose monitor lies in a folder for a picture of
// its screen.
func screendump(dir, file string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	c, err := net.DialTimeout("unix", fmt.Sprintf("/proc/self/fd/%d/%s", d.Fd(), monitorSocket), time.Second)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	answers := json.NewDecoder(io.LimitReader(c, 1<<20))
	var greeting any
	if err := answers.Decode(&greeting); err != nil {
		return err
	}
	for _, command := range []map[string]any{
		{"execute": "qmp_capabilities"},
		{"execute": "screendump", "arguments": map[string]string{"filename": file}},
	} {
		if err := json.NewEncoder(c).Encode(command); err != nil {
			return err
		}
		if err := answer(answers); err != nil {
			return err
		}
	}
	return nil
}

// answer waits for the answer to a command; events that come before are left
// out.
func answer(answers *json.Decoder) error {
	for {
		var a struct {
			Return *json.RawMessage `json:"return"`
			Error  *struct {
				Desc string `json:"desc"`
			} `json:"error"`
		}
		switch err := answers.Decode(&a); {
		case err != nil:
			return err
		case a.Error != nil:
			return errors.New(a.Error.Desc)
		case a.Return != nil:
			return nil
		}
	}
}
