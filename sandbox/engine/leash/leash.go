// Package leash runs a program that ends with its parent. The engine kills its plugins, whose
// child processes would otherwise keep running and hold the pipes that the engine waits for.
package leash

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// Run runs a program with this process's standard files until the program or this process's
// parent ends.
func Run(program string, args ...string) error {
	parent := os.Getppid()
	cmd := exec.Command(program, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("leash: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			var exit *exec.ExitError
			if errors.As(err, &exit) {
				os.Exit(max(exit.ExitCode(), 1))
			}
			return err
		case <-tick.C:
			if os.Getppid() != parent {
				_ = cmd.Process.Kill()
				return <-ended
			}
		}
	}
}
