package gate

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/policydoc"
)

// bucket is a bucket that is private, versioned and encrypted with its own key.
type bucket struct {
	name, arn pulumi.StringOutput
	// policy is done when the bucket is ready to be written to.
	policy *s3.BucketPolicy
}

// bucket makes one for a purpose. Objects expire after days; statements are
// added to those that every bucket has.
func (b builder) bucket(parent pulumi.Resource, purpose string, key *kms.Key, days int, statements ...policydoc.Statement) (*bucket, error) {
	return b.lockable(parent, purpose, key, days, false, statements)
}

// lockable makes a bucket, one with S3 Object Lock where it is locked.
func (b builder) lockable(parent pulumi.Resource, purpose string, key *kms.Key, days int, locked bool, statements policydoc.Document) (*bucket, error) {
	name := b.called(purpose)
	component, err := b.group(BucketType, parent, name)
	if err != nil {
		return nil, err
	}
	at := b.plan.Bucket(purpose)
	child := pulumi.Parent(component)
	made, err := s3.NewBucketV2(b.ctx, name, &s3.BucketV2Args{
		Bucket: pulumi.String(at.Name),
		// A gate without protection is meant to be thrown away, artifacts and all.
		ForceDestroy:      pulumi.Bool(!b.settings.Protect),
		ObjectLockEnabled: pulumi.Bool(locked),
	}, child, b.keeps())
	if err != nil {
		return nil, fmt.Errorf("bucket: %w", err)
	}
	if _, err := s3.NewBucketVersioningV2(b.ctx, name, &s3.BucketVersioningV2Args{
		Bucket:                  made.ID(),
		VersioningConfiguration: s3.BucketVersioningV2VersioningConfigurationArgs{Status: pulumi.String("Enabled")},
	}, child); err != nil {
		return nil, fmt.Errorf("versioning: %w", err)
	}
	if _, err := s3.NewBucketServerSideEncryptionConfigurationV2(b.ctx, name, &s3.BucketServerSideEncryptionConfigurationV2Args{
		Bucket: made.ID(),
		Rules: s3.BucketServerSideEncryptionConfigurationV2RuleArray{s3.BucketServerSideEncryptionConfigurationV2RuleArgs{
			ApplyServerSideEncryptionByDefault: s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
				SseAlgorithm:   pulumi.String("aws:kms"),
				KmsMasterKeyId: key.Arn,
			},
			// One KMS call for many objects. CloudTrail names its trail in each call, and a
			// key policy that asks for the name would not see it in the bucket's (Amazon S3
			// User Guide, Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys).
			BucketKeyEnabled: pulumi.Bool(!locked),
		}},
	}, child); err != nil {
		return nil, fmt.Errorf("encryption: %w", err)
	}
	if _, err := s3.NewBucketOwnershipControls(b.ctx, name, &s3.BucketOwnershipControlsArgs{
		Bucket: made.ID(),
		Rule:   s3.BucketOwnershipControlsRuleArgs{ObjectOwnership: pulumi.String("BucketOwnerEnforced")},
	}, child); err != nil {
		return nil, fmt.Errorf("ownership: %w", err)
	}
	closed, err := s3.NewBucketPublicAccessBlock(b.ctx, name, &s3.BucketPublicAccessBlockArgs{
		Bucket:                made.ID(),
		BlockPublicAcls:       pulumi.Bool(true),
		BlockPublicPolicy:     pulumi.Bool(true),
		IgnorePublicAcls:      pulumi.Bool(true),
		RestrictPublicBuckets: pulumi.Bool(true),
	}, child)
	if err != nil {
		return nil, fmt.Errorf("public access: %w", err)
	}
	if _, err := s3.NewBucketLifecycleConfigurationV2(b.ctx, name, &s3.BucketLifecycleConfigurationV2Args{
		Bucket: made.ID(),
		Rules: s3.BucketLifecycleConfigurationV2RuleArray{s3.BucketLifecycleConfigurationV2RuleArgs{
			Id:         pulumi.String("expire"),
			Status:     pulumi.String("Enabled"),
			Filter:     s3.BucketLifecycleConfigurationV2RuleFilterArgs{Prefix: pulumi.String("")},
			Expiration: s3.BucketLifecycleConfigurationV2RuleExpirationArgs{Days: pulumi.Int(days)},
			NoncurrentVersionExpiration: s3.BucketLifecycleConfigurationV2RuleNoncurrentVersionExpirationArgs{
				NoncurrentDays: pulumi.Int(days),
			},
			AbortIncompleteMultipartUpload: s3.BucketLifecycleConfigurationV2RuleAbortIncompleteMultipartUploadArgs{
				DaysAfterInitiation: pulumi.Int(7),
			},
		}},
	}, child); err != nil {
		return nil, fmt.Errorf("life cycle: %w", err)
	}
	if locked {
		if err := b.lock(child, name, made, days); err != nil {
			return nil, fmt.Errorf("lock: %w", err)
		}
	}

	document := append(policydoc.Document{
		tlsOnly("s3", at.ARN, at.ARN+"/*"),
		{
			Sid:        "DenyOldTls",
			Deny:       true,
			Principals: policydoc.Anyone,
			Actions:    []string{"s3:*"},
			Resources:  policydoc.On(at.ARN, at.ARN+"/*"),
			Conditions: []policydoc.Condition{policydoc.Is("NumericLessThan", "s3:TlsVersion", "1.2")},
		},
		// Without these headers the bucket's default applies, which is the key: they
		// are looked at only where they are. (A negated operator is true of a key that
		// is absent, with IfExists or without.)
		{
			Sid:        "DenyOtherKey",
			Deny:       true,
			Principals: policydoc.Anyone,
			Actions:    []string{"s3:PutObject"},
			Resources:  policydoc.On(at.ARN + "/*"),
			Conditions: []policydoc.Condition{
				{Operator: "StringNotEquals", Key: "s3:x-amz-server-side-encryption-aws-kms-key-id", Values: []pulumi.StringInput{key.Arn}},
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
	}, slices.Concat(catalogue.Refusals(catalogue.Buckets, b.settings, "", at.ARN), statements)...)
	args := &s3.BucketPolicyArgs{Bucket: made.ID(), Policy: document.JSON()}
	// S3 refuses two changes of a bucket's access at once.
	policy, err := s3.NewBucketPolicy(b.ctx, name, args, child, pulumi.DependsOn([]pulumi.Resource{closed}))
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	b.knows(knownstate.BucketPolicy, args)
	b.stock.buckets = append(b.stock.buckets, purpose)
	return &bucket{name: made.Bucket, arn: made.Arn, policy: policy}, nil
}

// lock keeps every version of an object for days, while the gate is protected. In
// governance mode, which an update that lifts the protection can end, and break-glass: in
// compliance mode nobody could have less before the days are over (Amazon S3 User Guide,
// Locking objects with Object Lock). Object Lock comes with a bucket or never, so it is
// there without protection too, and keeps nothing.
func (b builder) lock(child pulumi.ResourceOption, name string, of *s3.BucketV2, days int) error {
	args := &s3.BucketObjectLockConfigurationV2Args{Bucket: of.ID(), ObjectLockEnabled: pulumi.String("Enabled")}
	if b.settings.Protect {
		args.Rule = s3.BucketObjectLockConfigurationV2RuleArgs{
			DefaultRetention: s3.BucketObjectLockConfigurationV2RuleDefaultRetentionArgs{
				Mode: pulumi.String("GOVERNANCE"), Days: pulumi.Int(days),
			},
		}
	}
	_, err := s3.NewBucketObjectLockConfigurationV2(b.ctx, name, args, child)
	return err
}

// tlsOnly refuses plain HTTP: all that a service does with something.
func tlsOnly(service string, arns ...string) policydoc.Statement {
	return policydoc.Statement{
		Sid:        "DenyPlainHttp",
		Deny:       true,
		Principals: policydoc.Anyone,
		Actions:    []string{service + ":*"},
		Resources:  policydoc.On(arns...),
		Conditions: []policydoc.Condition{policydoc.Is("Bool", "aws:SecureTransport", "false")},
	}
}
