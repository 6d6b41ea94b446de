// Package detection makes what watches the gate: CloudTrail, GuardDuty, AWS Config, Security Hub and
// IAM Access Analyzer.
package detection

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cfg"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/gate/alerting"
	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/configrules"
	"prodgate/pkg/gate/identity"
	"prodgate/pkg/gate/storage"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// Detection is what watches the gate. Most of it an account has once, or needs once, so each
// is created, adopted or left alone by settings.
type Detection struct {
	DetectorID pulumi.StringOutput // empty where GuardDuty is left alone
	// Keys are those of the trail and of AWS Config.
	Keys storage.Keys
	// Records are those of roles and their boundaries, Rules those of the rules that report findings.
	Records, Rules baseline.Records
}

// Earlier is what detection needs of the rooms before.
type Earlier struct {
	Boundaries *identity.Boundaries
	Alerts     *alerting.Alerts
	Store      *storage.Store
	// Contain is nil where nothing contains.
	Contain *alerting.StepFunctionsTarget
	// DetectorID is the GuardDuty detector that the gate adopts; empty for none.
	DetectorID string
}

// New makes the trail, GuardDuty's detector and the rules for its findings, AWS Config's
// recorder and rules, Security Hub and IAM Access Analyzer.
func New(c component.Context, parent pulumi.Resource, earlier Earlier) (*Detection, error) {
	group, err := c.NewGroup(component.DetectionType, parent, c.ChildName("detection"))
	if err != nil {
		return nil, err
	}
	d := &Detection{}
	trail, err := newTrail(c, group)
	if err != nil {
		return nil, fmt.Errorf("trail: %w", err)
	}
	if d.DetectorID, err = newDetector(c, group, earlier.DetectorID); err != nil {
		return nil, fmt.Errorf("GuardDuty: %w", err)
	}
	if d.Rules, err = NewFindingRules(c, group, earlier.Alerts, earlier.Contain); err != nil {
		return nil, fmt.Errorf("findings: %w", err)
	}
	recorder := &recorder{}
	if c.Settings.Detection.Config == settings.Create {
		if recorder, err = newRecorder(c, group, earlier.Boundaries); err != nil {
			return nil, fmt.Errorf("recorder: %w", err)
		}
	}
	d.Keys = append(trail.Keys, recorder.stored.Keys...)
	keys := slices.Concat(storage.Keys{earlier.Alerts.Key}, earlier.Store.Keys(), d.Keys)
	if c.Settings.Detection.Config != settings.Off {
		buckets := slices.Concat([]*storage.Bucket{earlier.Store.Artifacts}, trail.Buckets, recorder.stored.Buckets)
		if d.Records, err = configrules.New(c, group, earlier.Boundaries, configrules.Stored{Keys: keys, Buckets: buckets}, recorder.started); err != nil {
			return nil, fmt.Errorf("AWS Config rules: %w", err)
		}
	}
	d.Records = append(d.Records, recorder.records...)
	if err := enableSecurityHub(c, group); err != nil {
		return nil, fmt.Errorf("account in Security Hub: %w", err)
	}
	access, err := newAnalyzer(c, group, earlier.Alerts, keys)
	if err != nil {
		return nil, fmt.Errorf("IAM Access Analyzer: %w", err)
	}
	d.Rules = append(d.Rules, access...)
	return d, c.RegisterOutputs(group, pulumi.Map{"detectorId": d.DetectorID})
}

// recorder is AWS Config's recorder, and what it needs. Nothing of it exists where the gate
// adopts one.
type recorder struct {
	stored  configrules.Stored
	started []pulumi.Resource
	records baseline.Records // of the permission boundary
}

// newRecorder makes AWS Config record, in the order it asks for: the recorder, the
// delivery channel, and only then the recorder's start.
func newRecorder(c component.Context, parent pulumi.Resource, boundaries *identity.Boundaries) (*recorder, error) {
	child := pulumi.Parent(parent)
	types, err := configrules.RecordedTypes(c)
	if err != nil {
		return nil, err
	}
	key, err := storage.NewKey(c, parent, "config", "AWS Config's records")
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	at := c.Names.Bucket("config").ARN
	objects := at + "/AWSLogs/" + c.Settings.Account + "/Config/*"
	// AWS Config writes to a bucket of its own account as its role, so the bucket's policy
	// allows nothing to the service itself: AWS Config Developer Guide, Permissions for the
	// Amazon S3 Bucket for the AWS Config Delivery Channel.
	records, err := storage.NewBucket(c, parent, storage.BucketSpec{
		Purpose: "config", Key: key, Days: c.Settings.Retention.LogDays,
		Statements: catalogue.DenyStatements(catalogue.RecordObjects, c.Settings, "", at+"/*"),
	})
	if err != nil {
		return nil, fmt.Errorf("bucket: %w", err)
	}
	name := c.ChildName("recorder")
	role, err := boundaries.NewRole(c, parent, identity.RoleSpec{
		Name: name, Duty: naming.Recorder,
		// No source: AWS Config does not say for which recorder it assumes a role.
		Trust: identity.TrustService(c, "config.amazonaws.com"),
		Permissions: policydoc.Document{
			{
				Sid:        "DeliverRecords",
				Actions:    []string{"s3:PutObject"},
				Resources:  policydoc.On(objects),
				Conditions: []policydoc.Condition{policydoc.Is("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control")},
			},
			{Sid: "EncryptRecords", Actions: []string{"kms:Decrypt", "kms:GenerateDataKey"}, Resources: []pulumi.StringInput{key.Arn}},
		},
		// What AWS Config may read of the account is AWS's to say: the policy grows with
		// the types it can record. Of these the gate records a few.
		ManagedPolicy: "service-role/AWS_ConfigRole",
	}, policydoc.Statement{Sid: "ReadWhatIsRecorded", Actions: configrules.RecordedReads(c), Resources: policydoc.On("*")})
	if err != nil {
		return nil, err
	}
	made, err := cfg.NewRecorder(c.Ctx, name, &cfg.RecorderArgs{
		Name:    pulumi.String(c.Names.Gate),
		RoleArn: role.Arn,
		RecordingGroup: cfg.RecorderRecordingGroupArgs{
			AllSupported:  pulumi.Bool(false),
			ResourceTypes: pulumi.ToStringArray(types),
			RecordingStrategies: cfg.RecorderRecordingGroupRecordingStrategyArray{
				cfg.RecorderRecordingGroupRecordingStrategyArgs{UseOnly: pulumi.String("INCLUSION_BY_RESOURCE_TYPES")},
			},
		},
	}, child, pulumi.DependsOn(role.Attached))
	if err != nil {
		return nil, err
	}
	channel, err := cfg.NewDeliveryChannel(c.Ctx, name, &cfg.DeliveryChannelArgs{
		Name:         pulumi.String(c.Names.Gate),
		S3BucketName: records.Name,
		S3KmsKeyArn:  key.Arn,
	}, child, pulumi.DependsOn([]pulumi.Resource{made, records.Policy}))
	if err != nil {
		return nil, fmt.Errorf("delivery channel: %w", err)
	}
	started, err := cfg.NewRecorderStatus(c.Ctx, name, &cfg.RecorderStatusArgs{
		Name:      made.Name,
		IsEnabled: pulumi.Bool(true),
	}, child, pulumi.DependsOn([]pulumi.Resource{channel}))
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	return &recorder{
		stored:  configrules.Stored{Keys: storage.Keys{key}, Buckets: []*storage.Bucket{records}},
		started: []pulumi.Resource{started}, records: role.AllRecords(),
	}, nil
}
