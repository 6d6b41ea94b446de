package policydoc

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// parse is what IAM reads in a document.
func parse(t *testing.T, d Document) map[string]any {
	t.Helper()
	written := make(chan string, 1)
	d.JSON().ApplyT(func(json string) string {
		written <- json
		return json
	})
	text := <-written
	var parsed map[string]any
	if err := json.Unmarshal([]byte(text), &parsed); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return parsed
}

type object = map[string]any

// TestDocument_IAMGrammar holds documents against the grammar of the IAM JSON policy language (IAM User Guide, Grammar of the IAM
// JSON policy language): the names of elements, and which of them a statement has.
func TestDocument_IAMGrammar(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		statement Statement
		want      object
	}{
		"an identity policy allows, and names no principal": {
			Statement{Sid: "Read", Actions: []string{"s3:GetObject", "s3:ListBucket"}, Resources: On("arn:1", "arn:2")},
			object{"Sid": "Read", "Effect": "Allow", "Action": []any{"s3:GetObject", "s3:ListBucket"}, "Resource": []any{"arn:1", "arn:2"}},
		},
		"a denial": {
			Statement{Sid: "No", Deny: true, Actions: []string{"s3:*"}, Resources: On("*")},
			object{"Sid": "No", "Effect": "Deny", "Action": []any{"s3:*"}, "Resource": []any{"*"}},
		},
		"a trust policy names no resource": {
			Statement{Sid: "Trust", Principals: Service("codebuild.amazonaws.com"), Actions: []string{"sts:AssumeRole"}},
			object{"Sid": "Trust", "Effect": "Allow", "Action": []any{"sts:AssumeRole"}, "Principal": object{"Service": []any{"codebuild.amazonaws.com"}}},
		},
		"principals of two types": {
			Statement{Sid: "Two", Principals: map[string][]string{"AWS": {"arn:a", "arn:b"}, "Federated": {"arn:c"}}, Actions: []string{"sts:AssumeRole"}},
			object{"Sid": "Two", "Effect": "Allow", "Action": []any{"sts:AssumeRole"}, "Principal": object{"AWS": []any{"arn:a", "arn:b"}, "Federated": []any{"arn:c"}}},
		},
		"everybody": {
			Statement{Sid: "All", Deny: true, Principals: Anyone, Actions: []string{"sns:*"}, Resources: On("arn:1")},
			object{"Sid": "All", "Effect": "Deny", "Action": []any{"sns:*"}, "Resource": []any{"arn:1"}, "Principal": object{"AWS": []any{"*"}}},
		},
		"conditions, two of one operator": {
			Statement{Sid: "If", Actions: []string{"kms:Decrypt"}, Resources: On("*"), Conditions: []Condition{
				Is("StringEquals", "kms:ViaService", "s3.eu-west-2.amazonaws.com"), Is("StringEquals", "aws:SourceAccount", "1", "2"), Is("Bool", "aws:SecureTransport", "false"),
			}},
			object{"Sid": "If", "Effect": "Allow", "Action": []any{"kms:Decrypt"}, "Resource": []any{"*"}, "Condition": object{
				"StringEquals": object{"kms:ViaService": []any{"s3.eu-west-2.amazonaws.com"}, "aws:SourceAccount": []any{"1", "2"}},
				"Bool":         object{"aws:SecureTransport": []any{"false"}},
			}},
		},
		"what is known later": {
			Statement{
				Sid: "Later", Actions: []string{"s3:GetObject"}, Resources: []pulumi.StringInput{pulumi.String("arn:1").ToStringOutput()},
				Conditions: []Condition{{Operator: "ArnLike", Key: "aws:SourceArn", Values: []pulumi.StringInput{pulumi.String("arn:2").ToStringOutput()}}},
			},
			object{
				"Sid": "Later", "Effect": "Allow", "Action": []any{"s3:GetObject"}, "Resource": []any{"arn:1"},
				"Condition": object{"ArnLike": object{"aws:SourceArn": []any{"arn:2"}}},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := parse(t, Document{{Sid: "First", Actions: []string{"a:B"}, Resources: On("*")}, c.statement})
			if got["Version"] != "2012-10-17" || len(got) != 2 {
				t.Errorf("the document is %v", got)
			}
			statements := got["Statement"].([]any)
			if len(statements) != 2 || statements[0].(object)["Sid"] != "First" || !reflect.DeepEqual(statements[1], any(c.want)) {
				t.Errorf("the document has %v", statements)
			}
		})
	}
}
