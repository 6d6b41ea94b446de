#!/usr/bin/env bash
# A stand-in for ZAP. It takes the command line of ZAP's automation, reads the plan, asks for the page
# of its context and looks at the headers of the answer, as a few of ZAP's passive rules do. The report
# is in the form of ZAP's template traditional-json. It follows no links.
set -euo pipefail

plan='' home=''
while [ $# -gt 0 ]; do
  case $1 in
    -cmd | -silent) shift ;;
    -dir) home=$2 && shift 2 ;;
    -autorun) plan=$2 && shift 2 ;;
    *)
      echo "the stand-in for ZAP does not know $1" >&2
      exit 1
      ;;
  esac
done
mkdir -p "$home"

# As ZAP does: a job that is not known, or a report of another kind, ends the plan.
jq --exit-status '
  (.jobs | map(.type)) == ["passiveScan-config", "spider", "passiveScan-wait", "report"]
  and .jobs[3].parameters.template == "traditional-json"
  and .env.parameters.failOnError' "$plan" > "$home/is" || { echo "the stand-in for ZAP does not know this plan" >&2 && exit 1; }
url=$(jq --raw-output '.env.contexts[0].urls[0]' "$plan")
report=$(jq --raw-output '.jobs[3].parameters | "\(.reportDir)/\(.reportFile)"' "$plan")

echo "Job spider started"
if ! code=$(curl --silent --show-error --dump-header "$home/headers" --output "$home/body" --write-out '%{http_code}' "$url"); then
  echo "Job spider failed to access URL $url" >&2
  exit 1
fi
echo "Job spider found 1 URLs, status $code"

has() { grep --quiet --ignore-case "^$1:" "$home/headers"; }
alert() { # id, risk, name
  jq --null-input --arg id "$1" --arg risk "$2" --arg name "$3" --arg url "$url" '{
    pluginid: $id, alertRef: $id, alert: $name, name: $name, riskcode: $risk, confidence: "2",
    riskdesc: "\(["Informational", "Low", "Medium", "High"][$risk | tonumber]) (Medium)", desc: "<p>…</p>",
    instances: [{id: "0", uri: $url, method: "GET", param: "", attack: "", evidence: "", otherinfo: ""}], count: "1",
    solution: "<p>…</p>", otherinfo: "", reference: "", cweid: "693", wascid: "15", sourceid: "1"
  }'
}
{
  # These two look at pages only.
  if grep --quiet --ignore-case '^Content-Type: *text/html' "$home/headers" && ! has Content-Security-Policy; then
    alert 10038 2 "Content Security Policy (CSP) Header Not Set"
    if ! has X-Frame-Options; then alert 10020 2 "Missing Anti-clickjacking Header"; fi
  fi
  if ! has X-Content-Type-Options; then alert 10021 1 "X-Content-Type-Options Header Missing"; fi
  if ! has Strict-Transport-Security; then alert 10035 1 "Strict-Transport-Security Header Not Set"; fi
  alert 10049 0 "Storable and Cacheable Content"
} | jq --slurp --arg url "$url" '($url | capture("^(?<origin>https?://(?<host>[^/:?#]+)(:(?<port>[0-9]+))?)")) as $at | {
  "@programName": "ZAP", "@version": "2.17.0", "@generated": "Wed, 25 Nov 2026 00:00:00", created: "2026-11-25T00:00:00Z", insights: [],
  site: [{"@name": $at.origin, "@host": $at.host, "@port": ($at.port // "443"), "@ssl": "true", alerts: .}]
}' > "$report"
echo "Job report generated report $report"
echo "Automation plan succeeded!"
