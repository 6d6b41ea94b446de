package proofs

import (
	"errors"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// assertBucketEncryption puts objects as a deployer: the bucket accepts its default encryption and no
// other. assertCatalogue covers other principals.
func (w *world) assertBucketEncryption() {
	w.Helper()
	for _, put := range []struct {
		bucket     string
		encryption s3types.ServerSideEncryption
		key        string
		allowed    bool
	}{
		{bucket: "config", allowed: true},
		{bucket: "config", encryption: s3types.ServerSideEncryptionAwsKms, allowed: true},
		{bucket: "config", encryption: s3types.ServerSideEncryptionAes256},
		{bucket: "config", encryption: s3types.ServerSideEncryptionAwsKms, key: "arn:aws:kms:" + region + ":" + w.account() + ":key/another"},
		{bucket: "artifacts", allowed: true},
		{bucket: "artifacts", encryption: s3types.ServerSideEncryptionAes256},
	} {
		input := &s3.PutObjectInput{
			Bucket: ptr("prodgate-" + put.bucket + "-" + w.account() + "-" + region), Key: ptr("object"),
			Body: strings.NewReader("text"), ServerSideEncryption: put.encryption,
		}
		if put.key != "" {
			input.SSEKMSKeyId = &put.key
		}
		_, err := w.aws.s3.PutObject(w.Context(), input)
		var answer *smithyhttp.ResponseError
		denied := errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusForbidden
		if put.allowed && err != nil || !put.allowed && !denied {
			w.Errorf("%s bucket, encryption %q, key %q: %v", put.bucket, put.encryption, put.key, err)
		}
	}
}
