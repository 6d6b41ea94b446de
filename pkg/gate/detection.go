package gate

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cfg"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/guardduty"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/address"
	"prodgate/pkg/catalogue"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// detection is what watches the gate. An account has one detector and one
// recorder per region, so each is created, adopted or left alone by settings.
type detection struct {
	detectorID pulumi.StringOutput // empty when GuardDuty is left alone
}

func (b builder) detection(parent pulumi.Resource, alerts *alerts, dispatcher *dispatcher, answer *containment) (*detection, error) {
	component, err := b.group(DetectionType, parent, b.called("detection"))
	if err != nil {
		return nil, err
	}
	d := &detection{}
	if d.detectorID, err = b.detector(component); err != nil {
		return nil, fmt.Errorf("GuardDuty: %w", err)
	}
	if b.settings.Detection.Config == settings.Off {
		return d, nil
	}
	var recording []pulumi.Resource // nothing to wait for when adopted
	if b.settings.Detection.Config == settings.Create {
		if recording, err = b.recorder(component); err != nil {
			return nil, fmt.Errorf("recorder: %w", err)
		}
	}
	if err := b.configRules(component, recording); err != nil {
		return nil, fmt.Errorf("AWS Config rules: %w", err)
	}
	return d, nil
}

func (b builder) detector(parent pulumi.Resource) (pulumi.StringOutput, error) {
	switch b.settings.Detection.GuardDuty {
	case settings.Create:
		made, err := guardduty.NewDetector(b.ctx, b.called("detector"), &guardduty.DetectorArgs{
			Enable:                     pulumi.Bool(true),
			FindingPublishingFrequency: pulumi.String("FIFTEEN_MINUTES"),
		}, pulumi.Parent(parent))
		if err != nil {
			return pulumi.StringOutput{}, err
		}
		return made.ID().ToStringOutput(), nil
	case settings.Adopt:
		found, err := guardduty.LookupDetector(b.ctx, &guardduty.LookupDetectorArgs{}, pulumi.Parent(parent))
		if err != nil {
			return pulumi.StringOutput{}, wrong("detection.guardDuty", settings.Adopt, "no detector can be read in %s; "+
				"set it to create, or enable GuardDuty first: %w", b.settings.Region, err)
		}
		return pulumi.String(found.Id).ToStringOutput(), nil
	default:
		return pulumi.String("").ToStringOutput(), nil
	}
}

// recorder makes AWS Config record, in the order it asks for: the recorder, the
// delivery channel, and only then the recorder's start.
func (b builder) recorder(parent pulumi.Resource) ([]pulumi.Resource, error) {
	child := pulumi.Parent(parent)
	types, err := b.recordedTypes()
	if err != nil {
		return nil, err
	}
	key, err := b.key(parent, "config", "AWS Config's records")
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	at := b.plan.Bucket("config").ARN
	objects := at + "/AWSLogs/" + b.settings.Account + "/Config/*"
	// AWS Config writes to a bucket of its own account as its role, so the bucket's policy
	// allows nothing to the service itself: AWS Config Developer Guide, Permissions for the
	// Amazon S3 Bucket for the AWS Config Delivery Channel.
	records, err := b.bucket(parent, "config", key, b.settings.Retention.LogDays,
		catalogue.Refusals(catalogue.RecordObjects, b.settings, "", at+"/*")...)
	if err != nil {
		return nil, fmt.Errorf("bucket: %w", err)
	}
	name := b.called("recorder")
	role, attached, err := b.role(parent, duty{
		name: name, duty: address.Recorder,
		// No source: AWS Config does not say for which recorder it takes on a role.
		trust: b.byService("config.amazonaws.com"),
		may: func(settings.App) policydoc.Document {
			return policydoc.Document{
				{
					Sid:        "DeliverRecords",
					Actions:    []string{"s3:PutObject"},
					Resources:  policydoc.On(objects),
					Conditions: []policydoc.Condition{policydoc.Is("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control")},
				},
				{Sid: "EncryptRecords", Actions: []string{"kms:Decrypt", "kms:GenerateDataKey"}, Resources: []pulumi.StringInput{key.Arn}},
			}
		},
		// What AWS Config may read of the account is AWS's to say: the policy grows with
		// the types it can record. Of these the gate records a few.
		reads: "service-role/AWS_ConfigRole",
		most:  policydoc.Document{{Sid: "ReadWhatIsRecorded", Actions: b.recordedReads(), Resources: policydoc.On("*")}},
	})
	if err != nil {
		return nil, err
	}
	recorder, err := cfg.NewRecorder(b.ctx, name, &cfg.RecorderArgs{
		Name:    pulumi.String(b.plan.Gate),
		RoleArn: role.Arn,
		RecordingGroup: cfg.RecorderRecordingGroupArgs{
			AllSupported:  pulumi.Bool(false),
			ResourceTypes: pulumi.ToStringArray(types),
			RecordingStrategies: cfg.RecorderRecordingGroupRecordingStrategyArray{
				cfg.RecorderRecordingGroupRecordingStrategyArgs{UseOnly: pulumi.String("INCLUSION_BY_RESOURCE_TYPES")},
			},
		},
	}, child, pulumi.DependsOn(attached))
	if err != nil {
		return nil, err
	}
	channel, err := cfg.NewDeliveryChannel(b.ctx, name, &cfg.DeliveryChannelArgs{
		Name:         pulumi.String(b.plan.Gate),
		S3BucketName: records.name,
		S3KmsKeyArn:  key.Arn,
	}, child, pulumi.DependsOn([]pulumi.Resource{recorder, records.policy}))
	if err != nil {
		return nil, fmt.Errorf("delivery channel: %w", err)
	}
	started, err := cfg.NewRecorderStatus(b.ctx, name, &cfg.RecorderStatusArgs{
		Name:      recorder.Name,
		IsEnabled: pulumi.Bool(true),
	}, child, pulumi.DependsOn([]pulumi.Resource{channel}))
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	return []pulumi.Resource{started}, nil
}
