package detection

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudtrail"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/configrules"
	"prodgate/pkg/gate/storage"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// newTrail makes the trail that alerts on calls are made of, where settings want one: of
// every region, of reads too, and into a bucket that nobody can thin out.
func newTrail(c component.Context, parent pulumi.Resource) (configrules.Stored, error) {
	if c.Settings.Detection.Trail != settings.Create {
		return configrules.Stored{}, nil
	}
	trail := c.Names.Trail()
	source := policydoc.Is("StringEquals", "aws:SourceArn", trail.ARN)
	// AWS CloudTrail User Guide, Configure AWS KMS key policies for CloudTrail. That
	// CloudTrail may decrypt it asks for a bucket with an S3 Bucket Key, which this one has not.
	key, err := storage.NewKey(c, parent, "trail", "CloudTrail's log files",
		policydoc.Statement{
			Sid:        "TrailEncrypts",
			Principals: policydoc.Service("cloudtrail.amazonaws.com"),
			Actions:    []string{"kms:GenerateDataKey*"},
			Resources:  policydoc.On("*"),
			Conditions: []policydoc.Condition{source, policydoc.Is("StringLike", "kms:EncryptionContext:aws:cloudtrail:arn", c.Names.Trails())},
		},
		policydoc.Statement{
			Sid:        "TrailDescribesKey",
			Principals: policydoc.Service("cloudtrail.amazonaws.com"),
			Actions:    []string{"kms:DescribeKey"},
			Resources:  policydoc.On("*"),
			Conditions: []policydoc.Condition{source},
		})
	if err != nil {
		return configrules.Stored{}, fmt.Errorf("key: %w", err)
	}
	calls, err := storage.NewBucket(c, parent, storage.BucketSpec{
		Purpose: "trail", Key: key, Days: c.Settings.Retention.LogDays, Locked: true, Statements: trailBucketStatements(c, source),
	})
	if err != nil {
		return configrules.Stored{}, fmt.Errorf("bucket: %w", err)
	}
	_, err = cloudtrail.NewTrail(c.Ctx, c.ChildName("trail"), &cloudtrail.TrailArgs{
		Name:                       pulumi.String(trail.Name),
		S3BucketName:               calls.Name,
		KmsKeyId:                   key.Arn,
		IsMultiRegionTrail:         pulumi.Bool(true),
		IncludeGlobalServiceEvents: pulumi.Bool(true),
		EnableLogFileValidation:    pulumi.Bool(true),
		EnableLogging:              pulumi.Bool(true),
		// No selectors: without any a trail logs the management events that read and those
		// that write. The provider takes the same, written here, for a difference for ever.
	}, pulumi.Parent(parent), pulumi.DependsOn([]pulumi.Resource{calls.Policy}))
	return configrules.Stored{Keys: storage.Keys{key}, Buckets: []*storage.Bucket{calls}}, err
}

// trailBucketStatements are the statements of the trail's bucket: CloudTrail writes to it (AWS
// CloudTrail User Guide, Amazon S3 bucket policy for CloudTrail), and nobody takes
// anything away. While the gate is protected that is nobody at all but break-glass: who
// deploys has to lift the protection first, by an update.
func trailBucketStatements(c component.Context, source policydoc.Condition) policydoc.Document {
	at := c.Names.Bucket("trail").ARN
	cloudTrail := policydoc.Service("cloudtrail.amazonaws.com")
	document := append(policydoc.Document{
		{
			Sid: "TrailReadsBucketAcl", Principals: cloudTrail, Actions: []string{"s3:GetBucketAcl"},
			Resources: policydoc.On(at), Conditions: []policydoc.Condition{source},
		},
		{
			Sid: "TrailWrites", Principals: cloudTrail, Actions: []string{"s3:PutObject"},
			Resources:  policydoc.On(at + "/AWSLogs/" + c.Settings.Account + "/*"),
			Conditions: []policydoc.Condition{source, policydoc.Is("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control")},
		},
	}, catalogue.DenyStatements(catalogue.CallObjects, c.Settings, "", at+"/*")...)
	if !c.Settings.Protect {
		return document
	}
	return append(document, policydoc.Statement{
		Sid: "DenyDeletionWhileProtected", Deny: true, Principals: policydoc.Anyone,
		Actions:    []string{"s3:BypassGovernanceRetention", "s3:DeleteObject", "s3:DeleteObjectVersion"},
		Resources:  policydoc.On(at + "/*"),
		Conditions: []policydoc.Condition{policydoc.Is("ArnNotEquals", "aws:PrincipalArn", c.Settings.Access.BreakGlassArn)},
	})
}
