package tool

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"testing"
	"time"
)

func TestSignerRoot_IsAWSSigners(t *testing.T) {
	t.Parallel()
	der, err := base64.StdEncoding.DecodeString(SignerRoot)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(der); hex.EncodeToString(sum[:]) != SignerRootSHA256 {
		t.Errorf("the root's fingerprint is %x, want %s", sum, SignerRootSHA256)
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if err := root.CheckSignatureFrom(root); err != nil {
		t.Error(err)
	}
	if want := "AWS Signer Code Signing Root CA G1"; root.Subject.CommonName != want || !root.IsCA {
		t.Errorf("the certificate's subject is %q, want the certificate authority %q", root.Subject.CommonName, want)
	}
	if !root.NotAfter.After(time.Now()) {
		t.Errorf("the certificate expired on %s", root.NotAfter)
	}
}
