package settings

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// arn is an Amazon Resource Name, split at its colons.
type arn struct{ partition, service, region, account, resource string }

func (a arn) String() string {
	return strings.Join([]string{"arn", a.partition, a.service, a.region, a.account, a.resource}, ":")
}

// parseARN splits a text at its first five colons: the resource may have more of them.
func parseARN(text string) (arn, bool) {
	p := strings.SplitN(text, ":", 6)
	if len(p) != 6 || p[0] != "arn" {
		return arn{}, false
	}
	return arn{p[1], p[2], p[3], p[4], p[5]}, true
}

// arnShape is the form of the ARNs of one kind of resource.
type arnShape struct {
	a        string   // the kind of resource, with its article
	services []string // the first is the one that messages name
	global   bool     // the ARN has no region
	resource *regexp.Regexp
	example  string // of the part resource
}

var (
	// IAM, CreateRole: a name has 1 to 64 of these characters. IAM allows more characters in
	// a path, wildcards too, but a wildcard must never reach a statement of iam:PassRole.
	roleARN = arnShape{
		a: "a role", services: []string{"iam"}, global: true,
		resource: regexp.MustCompile(`^role/([A-Za-z0-9+=,.@_-]+/)*[A-Za-z0-9+=,.@_-]{1,64}$`),
		example:  "role/<its name>",
	}
	// AWS renamed the service in 2024; older connections keep the old name in their ARNs.
	connectionARN = arnShape{
		a: "a connection", services: []string{"codeconnections", "codestar-connections"},
		resource: regexp.MustCompile(`^connection/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`),
		example:  "connection/<its id>",
	}
	// Secrets Manager, CreateSecret: a name has up to 512 of these characters. Secrets Manager
	// adds six random characters, so that a new secret with an old name has another ARN.
	secretARN = arnShape{
		a: "a secret", services: []string{"secretsmanager"},
		resource: regexp.MustCompile(`^secret:[A-Za-z0-9/_+=.@-]{1,512}-[A-Za-z0-9]{6}$`),
		example:  "secret:<its name>-<six characters>",
	}
	// Elastic Load Balancing, DescribeListeners: a listener of an Application or a Network Load Balancer.
	listenerARN = arnShape{
		a: "a listener of a load balancer", services: []string{"elasticloadbalancing"},
		resource: regexp.MustCompile(`^listener/(app|net)/[A-Za-z0-9-]{1,32}/[0-9a-f]{16}/[0-9a-f]{16}$`),
		example:  "listener/app/<its load balancer>/<two ids>",
	}
	// KMS, key identifiers: a UUID, or mrk- and 32 hexadecimal digits for a multi-Region key.
	// Aliases are refused: an alias can be pointed at another key.
	keyARN = arnShape{
		a: "a KMS key", services: []string{"kms"},
		resource: regexp.MustCompile(`^key/([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$`),
		example:  "key/<its id>",
	}
	// Lambda API, FunctionName: up to 64 of these characters, and a version or an alias.
	functionARN = arnShape{
		a: "a Lambda function", services: []string{"lambda"},
		resource: regexp.MustCompile(`^function:[A-Za-z0-9_-]{1,64}(:(\$LATEST|[A-Za-z0-9_-]{1,128}))?$`),
		example:  "function:<its name>",
	}
)

// session matches the resource of the ARN of a role's session, which AWS shows for a caller that
// assumed a role.
var session = regexp.MustCompile(`^assumed-role/([A-Za-z0-9+=,.@_-]{1,64})/.+$`)

// findFault says what is wrong with a text as the ARN of such a resource in the stack s, and the
// remedy. A part that is empty in s, because its own setting has a problem, is not compared.
func (shape arnShape) findFault(text string, s *Settings) (what, remedy string) {
	want := arn{s.Partition(), shape.services[0], s.Region, s.Account, shape.example}
	like := arn{
		cmp.Or(want.partition, "<partition>"), want.service, cmp.Or(want.region, "<region>"),
		cmp.Or(want.account, "<account>"), want.resource,
	}
	if shape.global {
		like.region = ""
	}
	remedy = "copy it from AWS, where it looks like " + like.String()

	got, ok := parseARN(text)
	switch {
	case !ok:
		what = "is not an ARN"
	case want.partition != "" && got.partition != want.partition:
		what = fmt.Sprintf("is not of the partition %s, which %s belongs to", want.partition, s.Region)
	case shape.global && got.service == "sts" && session.MatchString(got.resource):
		name := session.FindStringSubmatch(got.resource)[1]
		like.resource = "role/" + name
		what = "is the ARN of a session, not of its role"
		remedy = "write the role's ARN, as aws iam get-role --role-name " + name + " shows it, like " + like.String() + " but with a path if it has one"
	case shape.global && got.service == "iam" && strings.HasPrefix(got.resource, "user/"):
		what = "is the ARN of a user"
		remedy = "name a role that the user may assume, whose ARN looks like " + like.String()
	case !slices.Contains(shape.services, got.service):
		what = "is not the ARN of " + shape.a
	case shape.global && got.region != "":
		what = "names a region, and the ARN of " + shape.a + " has none"
	case !shape.global && want.region != "" && got.region != want.region:
		what = "is not of the region " + want.region
	case want.account != "" && got.account != want.account:
		what = "is not of the account " + want.account
	case !shape.resource.MatchString(got.resource):
		what = "is not the ARN of " + shape.a
	}
	return what, remedy
}
