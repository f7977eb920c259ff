package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"compose/internal/proc"
)

// Firmware is what starts the machine of a boot test.
type Firmware int

// Firmwares.
const (
	FirmwareBIOS Firmware = iota
	FirmwareUEFI          // OVMF, without Secure Boot
)

// Medium is how the machine of a boot test sees the image.
type Medium int

// Media.
const (
	MediumCD Medium = iota
	MediumUSB
	MediumDisk
)

// BootTest says how an image is tried in QEMU.
type BootTest struct {
	Image  string // path
	Format string // raw where empty, or qcow2
	Arch   string // x86_64 is the only one
	Firmware
	Medium
	// Expect is what has to appear on the serial console.
	Expect  string
	Timeout time.Duration // 5 minutes where 0
	Memory  int           // MiB; 1024 where 0
	// Accel are QEMU's accelerators to try, in order; none are kvm and tcg. tcg
	// is also used where kvm gives up.
	Accel []string
	// OVMFCode and OVMFVars are the files of the UEFI firmware; the places of
	// distributions are tried where they are empty.
	OVMFCode, OVMFVars string
	// LogDir gets serial.log, and when the test fails screen.ppm.
	LogDir string
}

var (
	errBooted = errors.New("booted")
	// errKVM is about a machine inside of another one, whose processor cannot
	// do all that firmware and boot loaders ask for.
	errKVM = errors.New("KVM gave up")
)

// TryBoot starts the image in QEMU, and returns when what is expected has
// appeared on the serial console. The image is not changed. A failure says
// where the log and a picture of the screen are.
func TryBoot(ctx context.Context, t BootTest) error {
	err := t.try(ctx)
	if errors.Is(err, errKVM) && (t.Accel == nil || slices.Contains(t.Accel, "tcg")) {
		t.Accel = []string{"tcg"}
		err = t.try(ctx)
	}
	if err != nil {
		return fmt.Errorf("booting %s: %w", filepath.Base(t.Image), err)
	}
	return nil
}

func (t BootTest) try(ctx context.Context) error {
	args, err := t.Args()
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(t.LogDir, "serial.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if t.Timeout == 0 {
		t.Timeout = 5 * time.Minute
	}
	limit := time.AfterFunc(t.Timeout, func() {
		screendump(t.LogDir, filepath.Join(t.LogDir, "screen.ppm"))
		stop(fmt.Errorf("%q did not appear within %s", t.Expect, t.Timeout))
	})
	defer limit.Stop()
	watch := &watcher{want: []byte(t.Expect), found: func() { stop(errBooted) }, log: log}
	faults := &watcher{want: []byte("KVM internal error"), found: func() { stop(errKVM) }, log: log}
	err = proc.Run(ctx, proc.Command{Args: args, Dir: t.LogDir, Env: proc.Env(), Output: faults, Stdout: watch})
	os.Remove(filepath.Join(t.LogDir, monitorSocket))
	switch {
	case watch.seen:
		os.Remove(filepath.Join(t.LogDir, "screen.ppm"))
		return nil
	case err == nil:
		err = fmt.Errorf("the machine went off before %q appeared", t.Expect)
	}
	return fmt.Errorf("%w; see %s", err, log.Name())
}

// Args gives the command line of QEMU, which is to run in LogDir.
func (t BootTest) Args() ([]string, error) {
	if t.Arch != "x86_64" {
		return nil, fmt.Errorf("boot tests of %s are not possible, only of x86_64", t.Arch)
	}
	if t.Expect == "" || t.LogDir == "" {
		return nil, errors.New("a boot test needs a text to wait for and a folder for its log")
	}
	memory, format := t.Memory, t.Format
	if memory == 0 {
		memory = 1024
	}
	if format == "" {
		format = "raw"
	}
	args := []string{"qemu-system-x86_64"}
	accel := t.Accel
	if len(accel) == 0 {
		accel = []string{"kvm", "tcg"}
	}
	for _, a := range accel {
		args = append(args, "-accel", a)
	}
	args = append(args, "-m", strconv.Itoa(memory), "-nodefaults", "-no-user-config",
		"-vga", "std", "-display", "none", "-serial", "stdio", "-no-reboot", "-qmp", "unix:"+monitorSocket+",server=on,wait=off")
	if t.Firmware == FirmwareUEFI {
		code, vars, err := t.ovmf()
		if err != nil {
			return nil, err
		}
		args = append(args, "-machine", "q35",
			"-drive", "if=pflash,unit=0,format=raw,readonly=on,file="+commas(code),
			"-drive", "if=pflash,unit=1,format=raw,snapshot=on,file="+commas(vars))
	}
	drive := "if=none,id=image,format=" + format + ",file=" + commas(t.Image)
	switch t.Medium {
	case MediumCD:
		bus := "ide.1"
		if t.Firmware == FirmwareUEFI {
			bus = "ide.2"
		}
		return append(args, "-drive", drive+",media=cdrom,readonly=on", "-device", "ide-cd,drive=image,bootindex=0,bus="+bus), nil
	case MediumUSB:
		return append(args, "-drive", drive+",snapshot=on", "-device", "qemu-xhci", "-device", "usb-storage,drive=image,bootindex=0"), nil
	}
	return append(args, "-drive", drive+",snapshot=on", "-device", "virtio-blk-pci,drive=image,bootindex=0"), nil
}

// commas writes a file name as a value of an option of QEMU.
func commas(s string) string { return strings.ReplaceAll(s, ",", ",,") }

// ovmf finds the firmware.
func (t BootTest) ovmf() (code, vars string, err error) {
	pairs := [][2]string{{t.OVMFCode, t.OVMFVars}}
	if t.OVMFCode == "" {
		pairs = [][2]string{
			{"/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"},
			{"/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"},
			{"/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"},
			{"/usr/share/edk2/x64/OVMF_CODE.fd", "/usr/share/edk2/x64/OVMF_VARS.fd"},
		}
	}
	for _, p := range pairs {
		if isFile(p[0]) && isFile(p[1]) {
			return p[0], p[1], nil
		}
	}
	return "", "", fmt.Errorf("no UEFI firmware: neither of %v is there", pairs)
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// watcher looks for a text in what a console writes.
type watcher struct {
	want  []byte
	tail  []byte // the end of what was written, shorter than want
	seen  bool
	found func()
	log   *os.File
}

// Write takes the next bytes of the console.
func (w *watcher) Write(p []byte) (int, error) {
	n, err := w.log.Write(p)
	if w.seen {
		return n, err
	}
	all := append(w.tail, p...)
	if bytes.Contains(all, w.want) {
		w.seen = true
		w.found()
	}
	w.tail = bytes.Clone(all[max(len(all)-len(w.want)+1, 0):])
	return n, err
}

// String names the firmware.
func (f Firmware) String() string { return [...]string{"BIOS", "UEFI"}[f] }

// String names the medium.
func (m Medium) String() string { return [...]string{"CD", "USB", "disk"}[m] }
