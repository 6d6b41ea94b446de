package storage

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/policydoc"
)

// Bucket is a bucket that is private, versioned and encrypted with its own key.
type Bucket struct {
	Purpose string
	Name    pulumi.StringOutput
	// Policy is the bucket's policy; once it exists, services may write to the bucket.
	Policy  *s3.BucketPolicy
	Records baseline.Records
}

// BucketSpec describes a bucket.
type BucketSpec struct {
	Purpose string
	Key     *Key
	// Days is the age at which objects expire.
	Days int
	// Locked is whether the bucket has S3 Object Lock.
	Locked bool
	// Statements are added to those that the policy of every bucket has.
	Statements policydoc.Document
}

// NewBucket creates a bucket.
func NewBucket(c component.Context, parent pulumi.Resource, spec BucketSpec) (*Bucket, error) {
	name := c.ChildName(spec.Purpose)
	group, err := c.NewGroup(component.BucketType, parent, name)
	if err != nil {
		return nil, err
	}
	at := c.Names.Bucket(spec.Purpose)
	child := pulumi.Parent(group)
	made, err := s3.NewBucketV2(c.Ctx, name, &s3.BucketV2Args{
		Bucket: pulumi.String(at.Name),
		// A gate without protection can be destroyed with its artifacts.
		ForceDestroy:      pulumi.Bool(!c.Settings.Protect),
		ObjectLockEnabled: pulumi.Bool(spec.Locked),
	}, child, c.ProtectOption())
	if err != nil {
		return nil, fmt.Errorf("bucket: %w", err)
	}
	if _, err := s3.NewBucketVersioningV2(c.Ctx, name, &s3.BucketVersioningV2Args{
		Bucket:                  made.ID(),
		VersioningConfiguration: s3.BucketVersioningV2VersioningConfigurationArgs{Status: pulumi.String("Enabled")},
	}, child); err != nil {
		return nil, fmt.Errorf("versioning: %w", err)
	}
	if _, err := s3.NewBucketServerSideEncryptionConfigurationV2(c.Ctx, name, &s3.BucketServerSideEncryptionConfigurationV2Args{
		Bucket: made.ID(),
		Rules: s3.BucketServerSideEncryptionConfigurationV2RuleArray{s3.BucketServerSideEncryptionConfigurationV2RuleArgs{
			ApplyServerSideEncryptionByDefault: s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
				SseAlgorithm:   pulumi.String("aws:kms"),
				KmsMasterKeyId: spec.Key.Arn,
			},
			// One KMS call for many objects. CloudTrail names its trail in each call, and a
			// key policy that asks for the name would not see it in the bucket's (Amazon S3
			// User Guide, Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys).
			BucketKeyEnabled: pulumi.Bool(!spec.Locked),
		}},
	}, child); err != nil {
		return nil, fmt.Errorf("encryption: %w", err)
	}
	if _, err := s3.NewBucketOwnershipControls(c.Ctx, name, &s3.BucketOwnershipControlsArgs{
		Bucket: made.ID(),
		Rule:   s3.BucketOwnershipControlsRuleArgs{ObjectOwnership: pulumi.String("BucketOwnerEnforced")},
	}, child); err != nil {
		return nil, fmt.Errorf("ownership: %w", err)
	}
	closed, err := s3.NewBucketPublicAccessBlock(c.Ctx, name, &s3.BucketPublicAccessBlockArgs{
		Bucket:                made.ID(),
		BlockPublicAcls:       pulumi.Bool(true),
		BlockPublicPolicy:     pulumi.Bool(true),
		IgnorePublicAcls:      pulumi.Bool(true),
		RestrictPublicBuckets: pulumi.Bool(true),
	}, child)
	if err != nil {
		return nil, fmt.Errorf("public access: %w", err)
	}
	if _, err := s3.NewBucketLifecycleConfigurationV2(c.Ctx, name, &s3.BucketLifecycleConfigurationV2Args{
		Bucket: made.ID(),
		Rules: s3.BucketLifecycleConfigurationV2RuleArray{s3.BucketLifecycleConfigurationV2RuleArgs{
			Id:         pulumi.String("expire"),
			Status:     pulumi.String("Enabled"),
			Filter:     s3.BucketLifecycleConfigurationV2RuleFilterArgs{Prefix: pulumi.String("")},
			Expiration: s3.BucketLifecycleConfigurationV2RuleExpirationArgs{Days: pulumi.Int(spec.Days)},
			NoncurrentVersionExpiration: s3.BucketLifecycleConfigurationV2RuleNoncurrentVersionExpirationArgs{
				NoncurrentDays: pulumi.Int(spec.Days),
			},
			AbortIncompleteMultipartUpload: s3.BucketLifecycleConfigurationV2RuleAbortIncompleteMultipartUploadArgs{
				DaysAfterInitiation: pulumi.Int(7),
			},
		}},
	}, child); err != nil {
		return nil, fmt.Errorf("life cycle: %w", err)
	}
	if spec.Locked {
		if err := lock(c, child, name, made, spec.Days); err != nil {
			return nil, fmt.Errorf("lock: %w", err)
		}
	}

	document := append(policydoc.Document{
		TLSOnly("s3", at.ARN, at.ARN+"/*"),
		{
			Sid:        "DenyOldTls",
			Deny:       true,
			Principals: policydoc.Anyone,
			Actions:    []string{"s3:*"},
			Resources:  policydoc.On(at.ARN, at.ARN+"/*"),
			Conditions: []policydoc.Condition{policydoc.Is("NumericLessThan", "s3:TlsVersion", "1.2")},
		},
		// Without these headers the bucket's default applies, which is the key: they
		// are compared only where they are. (A negated operator is true of a key that
		// is absent, with IfExists or without.)
		{
			Sid:        "DenyOtherKey",
			Deny:       true,
			Principals: policydoc.Anyone,
			Actions:    []string{"s3:PutObject"},
			Resources:  policydoc.On(at.ARN + "/*"),
			Conditions: []policydoc.Condition{
				{Operator: "StringNotEquals", Key: "s3:x-amz-server-side-encryption-aws-kms-key-id", Values: []pulumi.StringInput{spec.Key.Arn}},
				policydoc.Is("Null", "s3:x-amz-server-side-encryption-aws-kms-key-id", "false"),
			},
		},
		{
			Sid:        "DenyOtherEncryption",
			Deny:       true,
			Principals: policydoc.Anyone,
			Actions:    []string{"s3:PutObject"},
			Resources:  policydoc.On(at.ARN + "/*"),
			// A service that writes as itself may be older than the key: CloudTrail's digests
			// were encrypted by S3 for years, whatever the trail's key.
			Conditions: []policydoc.Condition{
				policydoc.Is("StringNotEquals", "s3:x-amz-server-side-encryption", "aws:kms"),
				policydoc.Is("Null", "s3:x-amz-server-side-encryption", "false"),
				policydoc.Is("BoolIfExists", "aws:PrincipalIsAWSService", "false"),
			},
		},
	}, slices.Concat(catalogue.DenyStatements(catalogue.Buckets, c.Settings, "", at.ARN), spec.Statements)...)
	args := &s3.BucketPolicyArgs{Bucket: made.ID(), Policy: document.JSON()}
	// S3 refuses two changes of a bucket's access at once.
	policy, err := s3.NewBucketPolicy(c.Ctx, name, args, child, pulumi.DependsOn([]pulumi.Resource{closed}))
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return &Bucket{
		Purpose: spec.Purpose, Name: made.Bucket, Policy: policy, Records: baseline.Records{{Kind: knownstate.BucketPolicy, Inputs: args}},
	}, c.RegisterOutputs(group, pulumi.Map{"name": made.Bucket, "arn": made.Arn})
}

// lock retains every version of an object for days while the gate is protected. The mode is governance, which break-glass
// and an update that lifts the protection can end: in compliance mode nobody can shorten the retention (Amazon S3 User
// Guide, Locking objects with Object Lock). Object Lock is enabled without protection too, but without a retention period.
func lock(c component.Context, child pulumi.ResourceOption, name string, of *s3.BucketV2, days int) error {
	args := &s3.BucketObjectLockConfigurationV2Args{Bucket: of.ID(), ObjectLockEnabled: pulumi.String("Enabled")}
	if c.Settings.Protect {
		args.Rule = s3.BucketObjectLockConfigurationV2RuleArgs{
			DefaultRetention: s3.BucketObjectLockConfigurationV2RuleDefaultRetentionArgs{
				Mode: pulumi.String("GOVERNANCE"), Days: pulumi.Int(days),
			},
		}
	}
	_, err := s3.NewBucketObjectLockConfigurationV2(c.Ctx, name, args, child)
	return err
}

// TLSOnly denies every call of a service over plain HTTP.
func TLSOnly(service string, arns ...string) policydoc.Statement {
	return policydoc.Statement{
		Sid:        "DenyPlainHttp",
		Deny:       true,
		Principals: policydoc.Anyone,
		Actions:    []string{service + ":*"},
		Resources:  policydoc.On(arns...),
		Conditions: []policydoc.Condition{policydoc.Is("Bool", "aws:SecureTransport", "false")},
	}
}
