// Package policydoc writes IAM policy documents from typed statements.
package policydoc

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// Document is a policy: of an identity, a resource, or a role's trust.
type Document []Statement

// Statement is one capability. A statement without Deny allows.
type Statement struct {
	// Sid says what the statement is for, in CamelCase.
	Sid string
	// Deny refuses instead of allowing.
	Deny bool
	// Principals is by type: Service, AWS, Federated. Nil in an identity policy.
	Principals map[string][]string
	Actions    []string
	Resources  []pulumi.StringInput
	Conditions []Condition
}

// Condition holds when Operator is true of the request's Key and any of Values.
type Condition struct {
	Operator, Key string
	Values        []pulumi.StringInput
}

// Anyone is every principal there is: fit for a Deny, or with conditions.
var Anyone = map[string][]string{"AWS": {"*"}}

// Service is an AWS service as the principal.
func Service(host string) map[string][]string { return map[string][]string{"Service": {host}} }

// On are the resources of a statement, known before anything is made.
func On(arns ...string) []pulumi.StringInput {
	inputs := make([]pulumi.StringInput, len(arns))
	for i, arn := range arns {
		inputs[i] = pulumi.String(arn)
	}
	return inputs
}

// Is is a condition on values known before anything is made.
func Is(operator, key string, values ...string) Condition {
	return Condition{Operator: operator, Key: key, Values: On(values...)}
}

// JSON is the document as AWS takes it. It is known in a preview when every
// resource and value in it is.
func (d Document) JSON() pulumi.StringOutput {
	statements := make(pulumi.Array, len(d))
	for i, s := range d {
		statements[i] = s.fields()
	}
	return pulumi.JSONMarshal(pulumi.Map{
		"Version":   pulumi.String("2012-10-17"),
		"Statement": statements,
	})
}

func (s Statement) fields() pulumi.Map {
	effect := "Allow"
	if s.Deny {
		effect = "Deny"
	}
	fields := pulumi.Map{
		"Sid":    pulumi.String(s.Sid),
		"Effect": pulumi.String(effect),
		"Action": pulumi.ToStringArray(s.Actions),
	}
	if len(s.Resources) > 0 { // a trust policy has none
		fields["Resource"] = pulumi.StringArray(s.Resources)
	}
	if s.Principals != nil {
		principals := pulumi.Map{}
		for kind, names := range s.Principals {
			principals[kind] = pulumi.ToStringArray(names)
		}
		fields["Principal"] = principals
	}
	if len(s.Conditions) > 0 {
		operators := pulumi.Map{}
		for _, c := range s.Conditions {
			keys, ok := operators[c.Operator].(pulumi.Map)
			if !ok {
				keys = pulumi.Map{}
				operators[c.Operator] = keys
			}
			keys[c.Key] = pulumi.StringArray(c.Values)
		}
		fields["Condition"] = operators
	}
	return fields
}
