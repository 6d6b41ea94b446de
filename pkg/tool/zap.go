package tool

// ZAP tests a running app from outside. The checksum is the one with which ZAP updates itself
// (ZapVersions-2.17.xml of zaproxy/zap-admin); another project pins the same.
var ZAP = Tool{
	Name:    "zap",
	Version: "2.17.0",
	URL:     "https://github.com/zaproxy/zaproxy/releases/download/v2.17.0/ZAP_2.17.0_Linux.tar.gz",
	SHA256:  "efe799aaa3627db683b43f00c9c210aea0b75c00cc8f0a0f0434d12bb3ddde5a",
	Seen:    []string{"zaproxy/zap-admin, ZapVersions-2.17.xml", "another project that pins it"},
}
