// Package check compares the live gate with its known state: it reads every part that pulumi up has stored
// hashes of, as package knownstate reads what the program declares, and says which fields differ.
package check

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"prodgate/pkg/knownstate"
)

// Options are what a check is told of the gate.
type Options struct {
	// Gate is the name of the gate in alerts.
	Gate string
	// KnownState is the parameter of what all apps share; those of apps are below it, and further ones of what apps share
	// below the same name with knownstate.SharedSuffix.
	KnownState string
	// Policies begins the ARN of every policy of the gate.
	Policies string
	// Topic is the ARN of the topic of alerts.
	Topic string
	// Attempts is how often what differs is read before it is reported, and Pause the time between.
	Attempts int
	Pause    time.Duration
	// Log takes a line of what the check does; LogName says in an alert where the lines are.
	Log     func(format string, args ...any)
	LogName string
	// Sleep waits; nil is time's.
	Sleep func(context.Context, time.Duration) error
}

// Check compares one gate.
type Check struct{ live *live }

// New is the check of the gate in the account and region of cfg.
func New(cfg aws.Config, o Options) *Check {
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	return &Check{newLive(cfg, o)}
}

// state is a known state: the hashes of each field of each part.
type state map[string]map[string]string

// Run compares what all apps share with app, or with every app where app is empty. What differs is read again,
// because a pulumi up may be under way, and then published. It returns what differs.
func (c *Check) Run(ctx context.Context, app string) ([]string, error) {
	o := c.live.Options
	var known state
	var differs map[string]string
	for attempt := range o.Attempts {
		if attempt > 0 {
			if err := o.Sleep(ctx, o.Pause); err != nil {
				return nil, err
			}
		}
		before := known
		var err error
		if known, err = c.known(ctx, app); err != nil {
			differs = map[string]string{"": fmt.Sprintf("the known state could not be read: %s", oneLine(err))}
		} else {
			// A part that was as it is known is read again where the known state has changed.
			differs = c.compare(ctx, known, func(part string) bool {
				_, did := differs[part]
				return before == nil || did || !maps.Equal(before[part], known[part])
			})
		}
		if len(differs) == 0 {
			o.Log("every part is as the known state has it")
			return nil, nil
		}
		o.Log("these parts differ from the known state:\n%s", strings.Join(slices.Sorted(maps.Values(differs)), "\n"))
	}
	found := slices.Sorted(maps.Values(differs))
	return found, c.publish(ctx, app, found)
}

// known is the known state of what all apps share, and of app or of every app.
func (c *Check) known(ctx context.Context, app string) (state, error) {
	shared, err := c.live.parameter(ctx, c.live.KnownState)
	if err != nil {
		return nil, err
	}
	below, err := c.live.parametersBelow(ctx, c.live.KnownState+knownstate.SharedSuffix)
	if err != nil {
		return nil, err
	}
	texts := slices.AppendSeq([]string{shared}, maps.Values(below))
	if app != "" {
		own, err := c.live.parameter(ctx, c.live.KnownState+"/"+app)
		if err != nil {
			return nil, err
		}
		texts = append(texts, own)
	} else {
		all, err := c.live.parametersBelow(ctx, c.live.KnownState)
		if err != nil {
			return nil, err
		}
		texts = slices.AppendSeq(texts, maps.Values(all))
	}
	known := state{}
	for _, text := range texts {
		var parts state
		if err := json.Unmarshal([]byte(text), &parts); err != nil {
			return nil, err
		}
		for part, fields := range parts { // of a rule, a parameter may have a part only
			if known[part] == nil {
				known[part] = map[string]string{}
			}
			maps.Copy(known[part], fields)
		}
	}
	if len(known) == 0 {
		return nil, errors.New("it has no part")
	}
	return known, nil
}

// compare is a line for each part that is not as it is known, by part.
func (c *Check) compare(ctx context.Context, known state, isRead func(part string) bool) map[string]string {
	parts := slices.DeleteFunc(slices.Sorted(maps.Keys(known)), func(part string) bool { return !isRead(part) })
	differs := map[string]string{}
	for part, read := range c.live.read(ctx, parts) {
		if read.err != nil {
			differs[part] = fmt.Sprintf("%s could not be read: %s", part, oneLine(read.err))
		} else if fields := differing(known[part], read.hashes); len(fields) > 0 {
			differs[part] = part + ": " + strings.Join(fields, ", ")
		}
	}
	return differs
}

// differing are the fields with another hash, sorted.
func differing(known, live map[string]string) []string {
	var fields []string
	for field, hash := range known {
		if live[field] != hash {
			fields = append(fields, field)
		}
	}
	for field := range live {
		if _, is := known[field]; !is {
			fields = append(fields, field)
		}
	}
	slices.Sort(fields)
	return fields
}

// maxFound leaves room for the rest of a message: SNS takes 262,144 bytes (Amazon SNS API Reference, Publish).
const maxFound = 100_000

func (c *Check) publish(ctx context.Context, app string, found []string) error {
	o := c.live.Options
	refused := "A pipeline that differs from the known state deploys nothing."
	if app != "" {
		refused = "This run of the pipeline of " + app + " deploys nothing."
	}
	text := strings.Join(found, "\n")
	message := strings.Join([]string{
		fmt.Sprintf("These parts differ from what pulumi up made, in %s of the account of %s:", c.live.region, o.Topic),
		text[:min(len(text), maxFound)], refused,
		"Find in CloudTrail who changed them, then run pulumi up, which reverts changes by hand. It does not see a changed trigger, but any change " +
			"of the pipeline restores the trigger: give the app another deployTimeout. The log is " + o.LogName + ".",
	}, "\n\n")
	_, err := c.live.sns.Publish(ctx, &sns.PublishInput{
		TopicArn: &o.Topic, Subject: aws.String(o.Gate + ": differs from the known state"), Message: &message,
	})
	if err != nil {
		return fmt.Errorf("alert: %w", err)
	}
	return nil
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

func sleep(ctx context.Context, pause time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(pause):
		return nil
	}
}
