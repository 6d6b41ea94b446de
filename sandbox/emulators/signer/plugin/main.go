// Command plugin stands in for AWS's plugin of notation, whose Go module cannot be had
// here. It speaks the same contract of plugins, has the same capabilities and makes the
// same two calls of AWS Signer: SignPayload and GetRevocationStatus. Keys are AWS's.
package main

import (
	"context"
	"crypto/sha512"
	"crypto/x509"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/signer"
	"github.com/aws/smithy-go/middleware"
	"github.com/aws/smithy-go/transport/http"
	"github.com/notaryproject/notation-plugin-framework-go/cli"
	"github.com/notaryproject/notation-plugin-framework-go/plugin"
)

const (
	name     = "com.amazonaws.signer.notation.plugin"
	platform = "Notation-OCI-SHA384-ECDSA"
	// The signed attributes of AWS Signer: the version of the profile, and the job.
	signedBy  = "com.amazonaws.signer.signingProfileVersion"
	signedJob = "com.amazonaws.signer.signingJob"
)

func main() {
	ctx := context.Background()
	c, err := cli.New(standIn{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	c.Execute(ctx, os.Args)
}

type standIn struct{}

func (standIn) client(ctx context.Context) (*signer.Client, error) {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, plugin.NewGenericError(err.Error())
	}
	// At AWS revocations have their own host, which the emulator does not have.
	one := func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
		middleware.InitializeOutput, middleware.Metadata, error,
	) {
		return next.HandleInitialize(http.DisableEndpointHostPrefix(ctx, true), in)
	}
	return signer.NewFromConfig(settings, signer.WithAPIOptions(func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("one host", one), middleware.Before)
	})), nil
}

func (standIn) GetMetadata(context.Context, *plugin.GetMetadataRequest) (*plugin.GetMetadataResponse, error) {
	return &plugin.GetMetadataResponse{
		Name: name, Description: "stands in for AWS's", Version: "1.0.0", URL: "https://docs.aws.amazon.com/signer",
		SupportedContractVersions: []string{plugin.ContractVersion},
		Capabilities: []plugin.Capability{
			plugin.CapabilityEnvelopeGenerator, plugin.CapabilityTrustedIdentityVerifier, plugin.CapabilityRevocationCheckVerifier,
		},
	}, nil
}

// GenerateEnvelope signs with AWS Signer.
func (s standIn) GenerateEnvelope(ctx context.Context, r *plugin.GenerateEnvelopeRequest) (*plugin.GenerateEnvelopeResponse, error) {
	profile, err := arn.Parse(r.KeyID)
	of, found := strings.CutPrefix(profile.Resource, "/signing-profiles/")
	if err != nil || !found || strings.Contains(of, "/") {
		return nil, plugin.NewValidationErrorf("%s is not the ARN of a signing profile", r.KeyID)
	}
	if r.SignatureEnvelopeType != "application/jose+json" {
		return nil, plugin.NewUnsupportedError(fmt.Sprintf("envelope type %q", r.SignatureEnvelopeType))
	}
	client, err := s.client(ctx)
	if err != nil {
		return nil, err
	}
	response, err := client.SignPayload(ctx, &signer.SignPayloadInput{
		Payload: r.Payload, PayloadFormat: &r.PayloadType, ProfileName: &of, ProfileOwner: &profile.AccountID,
	})
	if err != nil {
		return nil, plugin.NewGenericErrorf("Failed to call AWSSigner. Error: %s", err)
	}
	return &plugin.GenerateEnvelopeResponse{
		SignatureEnvelope: response.Signature, SignatureEnvelopeType: r.SignatureEnvelopeType, Annotations: response.Metadata,
	}, nil
}

// VerifySignature verifies that a trusted profile signed, and that it is not revoked. Notation
// itself has verified the signature and its certificates.
func (s standIn) VerifySignature(ctx context.Context, r *plugin.VerifySignatureRequest) (*plugin.VerifySignatureResponse, error) {
	attributes := r.Signature.CriticalAttributes
	version, _ := attributes.ExtendedAttributes[signedBy].(string)
	job, _ := attributes.ExtendedAttributes[signedJob].(string)
	if version == "" || job == "" {
		return nil, plugin.NewValidationErrorf("the signature has no %s or no %s", signedBy, signedJob)
	}
	response := &plugin.VerifySignatureResponse{
		VerificationResults: map[plugin.Capability]*plugin.VerificationResult{},
		ProcessedAttributes: []any{signedBy, signedJob},
	}
	if slices.Contains(r.TrustPolicy.SignatureVerification, plugin.CapabilityTrustedIdentityVerifier) {
		result := &plugin.VerificationResult{Reason: "Signature publisher doesn't match any trusted identities."}
		for _, identity := range r.TrustPolicy.TrustedIdentities {
			if strings.EqualFold(version, identity) || strings.EqualFold(version[:max(0, strings.LastIndex(version, "/"))], identity) {
				result = &plugin.VerificationResult{Success: true, Reason: "It is " + identity + "."}
			}
		}
		response.VerificationResults[plugin.CapabilityTrustedIdentityVerifier] = result
	}
	if slices.Contains(r.TrustPolicy.SignatureVerification, plugin.CapabilityRevocationCheckVerifier) {
		result, err := s.checkRevocation(ctx, r, version, job)
		if err != nil {
			return nil, err
		}
		response.VerificationResults[plugin.CapabilityRevocationCheckVerifier] = result
	}
	return response, nil
}

// checkRevocation asks AWS Signer. A failed call counts as a failed check.
func (s standIn) checkRevocation(ctx context.Context, r *plugin.VerifySignatureRequest, version, job string) (*plugin.VerificationResult, error) {
	hashes, err := certificateHashes(r.Signature.CertificateChain)
	if err != nil {
		return nil, plugin.NewValidationError(err.Error())
	}
	client, err := s.client(ctx)
	if err != nil {
		return nil, err
	}
	response, err := client.GetRevocationStatus(ctx, &signer.GetRevocationStatusInput{
		CertificateHashes: hashes, JobArn: &job, PlatformId: aws.String(platform), ProfileVersionArn: &version,
		SignatureTimestamp: r.Signature.CriticalAttributes.AuthenticSigningTime,
	})
	switch {
	case err != nil:
		return &plugin.VerificationResult{Reason: fmt.Sprintf("GetRevocationStatus call failed with error: %s", err)}, nil
	case len(response.RevokedEntities) > 0:
		return &plugin.VerificationResult{Reason: fmt.Sprintf("Resource(s) %s have been revoked.", strings.Join(response.RevokedEntities, ", "))}, nil
	}
	return &plugin.VerificationResult{Success: true, Reason: "Signature is not revoked."}, nil
}

// certificateHashes identifies the certificates as GetRevocationStatus does: each by the signed
// parts of the certificate and of its issuer.
func certificateHashes(chain [][]byte) ([]string, error) {
	var sums []string
	for _, der := range chain {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		sums = append(sums, fmt.Sprintf("%x", sha512.Sum384(certificate.RawTBSCertificate)))
	}
	var hashes []string
	for i, sum := range sums {
		hashes = append(hashes, sum+sums[min(i+1, len(sums)-1)])
	}
	return hashes, nil
}

func (standIn) DescribeKey(context.Context, *plugin.DescribeKeyRequest) (*plugin.DescribeKeyResponse, error) {
	return nil, plugin.NewUnsupportedError("DescribeKey operation")
}

func (standIn) GenerateSignature(context.Context, *plugin.GenerateSignatureRequest) (*plugin.GenerateSignatureResponse, error) {
	return nil, plugin.NewUnsupportedError("GenerateSignature operation")
}
