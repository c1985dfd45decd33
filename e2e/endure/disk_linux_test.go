package endure

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"
)

// disk is a small file system of its own that can lose its power.
type disk struct {
	t     *testing.T
	image string
	dir   string // where it is mounted
}

// newDisk makes an ext4 and mounts it. PARLEY_TEST_NO_MOUNT says that the
// machine can't, and skips the test.
func newDisk(t *testing.T) *disk {
	t.Helper()
	dir := t.TempDir()
	d := &disk{t, filepath.Join(dir, "image"), filepath.Join(dir, "disk")}
	file, err := os.Create(d.image)
	if err == nil {
		err = file.Truncate(1 << 30) // sparse; room for files besides messages
		_ = file.Close()
	}
	if err == nil {
		err = os.Mkdir(d.dir, 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command("mkfs.ext4", "-q", "-F", d.image).CombinedOutput(); err != nil {
		d.cannot("making a file system", err, said)
	}
	if said, err := d.mount(); err != nil {
		d.cannot("mounting it", err, said)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(d.dir, syscall.MNT_DETACH); err != nil && err != syscall.EINVAL { // not mounted
			t.Errorf("unmounting %s: %v", d.dir, err)
		}
	})
	return d
}

func (d *disk) cannot(what string, err error, said []byte) {
	d.t.Helper()
	if os.Getenv("PARLEY_TEST_NO_MOUNT") != "" {
		d.t.Skipf("%s: %v, as expected on this machine: %s", what, err, said)
	}
	d.t.Fatalf("%s: %v: %s (run as root, or set PARLEY_TEST_NO_MOUNT=1 where that can't be)", what, err, said)
}

// mount mounts the image; its loop device goes when it is unmounted.
func (d *disk) mount() ([]byte, error) {
	return exec.Command("mount", "-t", "ext4", "-o", "loop", d.image, d.dir).CombinedOutput()
}

// What ext4 calls it: EXT4_IOC_SHUTDOWN is _IOR('X', 125, __u32), and this
// flag leaves the journal as it is on the disk.
const (
	shutdownRequest = 2<<30 | 4<<16 | 'X'<<8 | 125
	noLogFlush      = 2
)

// powerOff stops all writing in this moment: nothing that was not on the disk
// will get there.
func (d *disk) powerOff() {
	d.t.Helper()
	root, err := os.Open(d.dir)
	if err != nil {
		d.t.Fatal(err)
	}
	defer root.Close()
	flag := uint32(noLogFlush)
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, root.Fd(), shutdownRequest, uintptr(unsafe.Pointer(&flag))); errno != 0 {
		d.t.Fatalf("shutting the file system down: %v", errno)
	}
}

// powerOn mounts the disk anew, as after a power cut: the journal is replayed.
func (d *disk) powerOn() {
	d.t.Helper()
	if err := syscall.Unmount(d.dir, 0); err != nil {
		d.t.Fatalf("unmounting the disk: %v", err)
	}
	if said, err := d.mount(); err != nil {
		d.t.Fatalf("mounting the disk again: %v: %s", err, said)
	}
}

// startOnDisk starts a server whose store is on a disk of its own.
func startOnDisk(t *testing.T) (*disk, *world) {
	t.Helper()
	d := newDisk(t)
	w := newWorld(t)
	w.store = filepath.Join(d.dir, "store")
	w.write(w.caddyfile(w.site("shop")))
	w.start()
	t.Cleanup(func() { // before the disk goes
		if w.running() {
			w.kill()
		}
	})
	return d, w
}
