// Command policy is the policy pack of the gate: it refuses what no stack may declare,
// whatever its program or its settings say. The engine sends it every resource before the
// resource is created, and all of them at the end:
//
//	go build -o /tmp/policy ./policy && pulumi up --policy-pack /tmp/policy
//
// Whoever runs the command can leave the pack out. The pack is a check in CI and
// a second opinion everywhere else; it is no security control.
//
// A policy is a value in the table of pack.go and has its own file. It reads resources
// through the helpers of value.go, which accept that a value may be unknown in a preview.
package main

import (
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/policyx"
)

func main() {
	// The engine reads the port from stdout, so that nothing else may be printed there.
	if err := policyx.Main(pack); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
