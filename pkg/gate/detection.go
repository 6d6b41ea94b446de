package gate

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cfg"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/storage"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// detection is what watches the gate. Most of it an account has once, or needs once, so
// each is created, adopted or left alone by settings.
type detection struct {
	detectorID pulumi.StringOutput // empty when GuardDuty is left alone
}

func (b builder) detection(parent pulumi.Resource, alerts *alerts, dispatcher *dispatcher, answer *containment, adopted *already) (*detection, error) {
	group, err := b.group(component.DetectionType, parent, b.called("detection"))
	if err != nil {
		return nil, err
	}
	d := &detection{}
	if err := b.trail(group); err != nil {
		return nil, fmt.Errorf("trail: %w", err)
	}
	if d.detectorID, err = b.detector(group, adopted); err != nil {
		return nil, fmt.Errorf("GuardDuty: %w", err)
	}
	if err := b.findings(group, alerts, dispatcher, answer); err != nil {
		return nil, fmt.Errorf("findings: %w", err)
	}
	if err := b.records(group); err != nil {
		return nil, err
	}
	if err := b.hub(group); err != nil {
		return nil, fmt.Errorf("hub of Security Hub: %w", err)
	}
	// The last, because it names every key.
	if err := b.analyzer(group, alerts); err != nil {
		return nil, fmt.Errorf("IAM Access Analyzer: %w", err)
	}
	return d, nil
}

// records makes AWS Config's rules, and what they are evaluated on where settings say so.
func (b builder) records(parent pulumi.Resource) (err error) {
	if b.settings.Detection.Config == settings.Off {
		return nil
	}
	var recording []pulumi.Resource // nothing to wait for when adopted
	if b.settings.Detection.Config == settings.Create {
		if recording, err = b.recorder(parent); err != nil {
			return fmt.Errorf("recorder: %w", err)
		}
	}
	if err := b.configRules(parent, recording); err != nil {
		return fmt.Errorf("AWS Config rules: %w", err)
	}
	return nil
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
	records, err := b.bucket(parent, storage.BucketSpec{
		Purpose: "config", Key: key, Days: b.settings.Retention.LogDays,
		Statements: catalogue.Refusals(catalogue.RecordObjects, b.settings, "", at+"/*"),
	})
	if err != nil {
		return nil, fmt.Errorf("bucket: %w", err)
	}
	name := b.called("recorder")
	role, attached, err := b.role(parent, duty{
		name: name, duty: naming.Recorder,
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
		S3BucketName: records.Name,
		S3KmsKeyArn:  key.Arn,
	}, child, pulumi.DependsOn([]pulumi.Resource{recorder, records.Policy}))
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
