package stack

import (
	"os/exec"
	"syscall"
)

// endWithParent ends the CLI when this process is killed: its emulators are
// gone then. The plugins notice that the engine is gone.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
