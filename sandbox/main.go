// Command sandbox brings a stack of prodgate up on a machine without a cloud:
// through the real Pulumi engine and the real provider code, with emulators in
// place of AWS and GitHub. Under the names of Pulumi's plugins it is those.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"prodgate/sandbox/engine/bridge"
	"prodgate/sandbox/engine/languagehost"
	"prodgate/sandbox/engine/leash"
	"prodgate/sandbox/toolchain"
)

const usage = `usage: sandbox COMMAND [STACK]

  up        bring the stack up (STACK: dev, or prod, …; dev when left out)
  preview   show what up would change
  refresh   read what is really there into the stack's state
  down      destroy everything in the stack
  outputs   list the stack's outputs, or print one (outputs STACK NAME)
  tools     find, build or install what up and the tests run, and nothing else
  lint      check the format, the style and the types of the Python code
  fmt       format the Python code
  mutate    list the small changes of a package that its tests do not notice
            (mutate ./pkg/findings)

State is kept in .sandbox/stacks of the clone, or in the folder that SANDBOX_STATE
names.`

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		os.Exit(1)
	}
}

func run() error {
	// The engine starts this program under the names of its plugins.
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	switch name := filepath.Base(os.Args[0]); name {
	case "pulumi-resource-terraform-provider", "terraform-provider-aws", "terraform-provider-github", "policy":
		return leash.Run(filepath.Join(filepath.Dir(exe), "leashed", name), os.Args[1:]...)
	case "pulumi-language-go":
		return languagehost.Serve(os.Args[1:])
	case "pulumi-resource-aws":
		return bridge.Serve("aws", toolchain.AWSVersion, filepath.Dir(exe), os.Args[1:])
	case "pulumi-resource-github":
		return bridge.Serve("github", toolchain.GitHubVersion, filepath.Dir(exe), os.Args[1:])
	}

	if len(os.Args) < 2 || len(os.Args) > 4 || len(os.Args) == 4 && os.Args[1] != "outputs" {
		return fmt.Errorf("%s", usage)
	}
	stack := "dev"
	var rest []string
	if len(os.Args) > 2 {
		stack, rest = os.Args[2], os.Args[3:]
	}
	do, ok := commands[os.Args[1]]
	if !ok {
		return fmt.Errorf("no command %q\n%s", os.Args[1], usage)
	}
	// Ctrl-C reaches the engine, which finishes what it has begun; this program
	// waits for it, because the emulators are its own.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return do(ctx, stack, rest...)
}
