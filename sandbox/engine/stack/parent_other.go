//go:build !linux

package stack

import "os/exec"

// endWithParent does nothing: only Linux can end a process with its parent. On other systems
// the CLI of a killed sandbox ends by itself when the emulators do not respond.
func endWithParent(*exec.Cmd) {}
