package knownstate

import (
	"fmt"
	"strings"
)

// In compares resources of another region. Their parts have the region before the name: rule us-east-1/prodgate-watch-roles.
func In(region string, kind Kind) Kind {
	return func(r *Reader, in Inputs) []Part {
		parts := kind(r, in)
		for i, part := range parts {
			of, name, _ := strings.Cut(part.Name, " ")
			parts[i].Name = of + " " + region + "/" + name
		}
		return parts
	}
}

// Topic compares the key of a topic, and finds everything else that decides what it delivers: the program declares no
// policy of delivery, of data protection or of an archive.
func Topic(r *Reader, in Inputs) []Part {
	known := []string{"name", "kmsMasterKeyId"}
	topic := r.object("a topic", in, known...)
	return r.part("topic", topic["name"], Fields{"key": topic["kmsMasterKeyId"], "additions": r.unknown(topic, known...)})
}

// Subscription compares who receives the messages of a topic, and which of them. Each is its own field, so that a
// further one is a difference too.
func Subscription(topic string) Kind {
	return func(r *Reader, in Inputs) []Part {
		s := without(r.object("a subscription", in, "topic", "protocol", "endpoint"), "topic")
		for _, policy := range []string{"deliveryPolicy", "filterPolicy", "redrivePolicy", "replayPolicy"} {
			s[policy] = r.json(policy, s[policy])
		}
		if isEmpty(s["filterPolicy"]) || s["filterPolicyScope"] == "MessageAttributes" { // which SNS fills in
			delete(s, "filterPolicyScope")
		}
		return r.part("topic", topic, Fields{fmt.Sprintf("subscription %v %v", s["protocol"], s["endpoint"]): s})
	}
}

// Bus compares who else puts events on an EventBridge bus, and the key of its events. The account's default bus is no
// resource of the program: it is compared with what it was at the last pulumi up.
func Bus(r *Reader, in Inputs) []Part {
	bus := r.object("a bus", in, "name", "policy", "key")
	fields := Fields{"key": bus["key"]}
	if !isEmpty(bus["policy"]) {
		fields["policy"] = r.document(bus["policy"])
	}
	return r.part("bus", bus["name"], fields)
}
