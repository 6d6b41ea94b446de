package delivery

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/pipeline"
	"prodgate/pkg/policydoc"
)

// parts are the ARNs of what rows name and AWS identifies.
type parts map[pipeline.Part]pulumi.StringInput

// input is a value as Pulumi takes it.
func (p parts) input(v pipeline.Value) pulumi.StringInput {
	if v.Part != "" {
		return p[v.Part]
	}
	return pulumi.String(v.Text)
}

func (p parts) inputs(values []pipeline.Value) []pulumi.StringInput {
	var all []pulumi.StringInput
	for _, v := range values {
		all = append(all, p.input(v))
	}
	return all
}

// document is an IAM policy of statements.
func (p parts) document(statements []pipeline.Statement) policydoc.Document {
	var document policydoc.Document
	for _, s := range statements {
		one := policydoc.Statement{Sid: s.Sid, Actions: s.Actions, Resources: p.inputs(s.Resources)}
		for _, c := range s.Conditions {
			one.Conditions = append(one.Conditions, policydoc.Condition{Operator: c.Operator, Key: c.Key, Values: p.inputs(c.Values)})
		}
		document = append(document, one)
	}
	return document
}
