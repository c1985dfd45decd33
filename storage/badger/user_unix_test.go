//go:build unix

package badger

import (
	"os/exec"
	"syscall"
)

// asUser makes a command run as another user; as this one if that is root.
func asUser(cmd *exec.Cmd, uid uint32) {
	if uid != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	}
}
