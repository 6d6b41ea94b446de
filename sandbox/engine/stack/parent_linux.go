package stack

import (
	"os/exec"
	"syscall"
)

// endWithParent ends the CLI when this process is killed, because the emulators end with
// this process. The plugins end when they lose the engine.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
