#include "app/agent/agent.h"

static const struct fl_field approvals_fields[] = {
	{ "id", FL_K_UUID, .help = "the proposal shown; none: the one whose promise ends first" },
	{ "change", FL_K_BOOL, .help = "with fields to change it" },
	{ 0 },
};
static const struct fl_field approval_fields[] = {
	{ "change", FL_K_BOOL, .help = "with fields to change it" },
	{ 0 },
};
static const struct fl_field approve_fields[] = {
	{ "pipeline_id", FL_K_UUID, .help = "another destination than the one proposed" },
	{ "priority", FL_K_INT, .min = 1, .max = 9, .help = "1 urgent, 5 normal, 9 low" },
	{ "assignee_id", FL_K_UUID, .help = "who it is given to" },
	{ "title", FL_K_TEXT, .max = 300, .help = "of the card" },
	{ 0 },
};
static const struct fl_field send_fields[] = {
	{ "pipeline_id", FL_K_UUID, .required = true },
	{ 0 },
};
static const struct fl_field reject_fields[] = {
	{ "reason", FL_K_TEXT, .required = true, .max = 300 },
	{ "none_fits", FL_K_BOOL, .help = "no pipeline fits; this is learned" },
	{ 0 },
};
static const struct fl_field bulk_fields[] = {
	{ "ids", FL_K_LIST, .required = true, .max = 20000, .help = "proposals" },
	{ 0 },
};
static const struct fl_field list_fields[] = {
	{ "state", FL_K_CHOICE, .choices = "AUTO_EXECUTED|PENDING_APPROVAL|EXECUTED|REJECTED|EXPIRED|FAILED|ROLLED_BACK" },
	{ "provider", FL_K_CHOICE, .choices = "builtin|anthropic|openai|form" },
	{ "pipeline_id", FL_K_UUID },
	{ "after", FL_K_UUID, .help = "cursor of the last row seen" },
	{ "limit", FL_K_INT, .min = 1, .max = 200, .deflt = "50" },
	{ 0 },
};
static const struct fl_field call_fields[] = {
	{ "provider", FL_K_CHOICE, .choices = "anthropic|openai" },
	{ "status", FL_K_CHOICE, .choices = "ok|error|unparsable|skipped" },
	{ "after", FL_K_UUID, .help = "cursor of the last row seen" },
	{ "limit", FL_K_INT, .min = 1, .max = 200, .deflt = "50" },
	{ 0 },
};
static const struct fl_field rules_fields[] = {
	{ "auto_threshold", FL_K_NUMBER, .required = true, .min = 0, .max = 1, .help = "as sure as this it acts alone" },
	{ "approval_threshold", FL_K_NUMBER, .required = true, .min = 0, .max = 1, .help = "as sure as this it proposes" },
	{ "chain", FL_K_TEXT, .max = 400, .help = "providers in turn: anthropic:MODEL,openai:MODEL,builtin; none: the site's" },
	{ "per_minute", FL_K_INT, .required = true, .min = 1, .max = 1000000 },
	{ "per_hour", FL_K_INT, .required = true, .min = 1, .max = 100000000 },
	{ "tokens_per_window", FL_K_INT, .required = true, .min = 0, .max = 1000000000 },
	{ "instructions", FL_K_LONG, .max = 4000, .help = "what a language model is told besides the pipelines" },
	{ "may_notify", FL_K_BOOL },
	{ "may_escalate", FL_K_BOOL },
	{ "version", FL_K_INT, .min = 0, .max = 2147483647, .deflt = "0", .help = "the version seen; 0: whatever it is" },
	{ 0 },
};

static const struct fl_field privacy_fields[] = {
	{ "email", FL_K_BOOL, .help = "e-mail addresses" },
	{ "phone", FL_K_BOOL, .help = "telephone numbers, and others of nine digits or more" },
	{ "card", FL_K_BOOL, .help = "card numbers" },
	{ "account", FL_K_BOOL, .help = "IBANs and other account numbers" },
	{ "identity", FL_K_BOOL, .help = "DNI, NIE, CURP, codice fiscale, National Insurance and Social Security numbers" },
	{ "shapes", FL_K_LONG, .max = 500, .help = "others, a line or a comma between: # is a digit, @ a letter, as in AB-####" },
	{ 0 },
};

#define PROPOSAL_PARTS                                                                                                             \
	{ "actions", Q_APPROVAL_ACTIONS }, { "next_best", Q_APPROVAL_NEXT_BEST }, { "pipelines", Q_AGENT_PIPELINES }, { "people", Q_AGENT_PEOPLE }
#define PRIVACY .view = "agent/privacy", .title = "agent.privacy", .nav = "rules", .sets = { { "privacy", Q_LLM_PRIVACY, FL_ONE } }
#define APPROVAL_RINGS "q:scheduling-agent t:approvals t:intake t:board t:notes"

const struct fl_page agent_pages[] = {
	{ "GET", "/approvals", "decision.read", approvals_fields, .view = "approval/list", .title = "approval.title", .nav = "approvals",
	  .sets = { { "items", Q_APPROVAL_LIST }, { "one", Q_APPROVAL_SHOW }, { "count", Q_APPROVAL_COUNT, FL_ONE }, PROPOSAL_PARTS },
	  .summary = "Proposals that wait for a person, with the first or the chosen one" },
	{ "GET", "/approvals/{id}", "decision.read", approval_fields, .view = "approval/list", .title = "approval.title", .nav = "approvals",
	  .sets = { { "items", Q_APPROVAL_LIST }, { "one", Q_APPROVAL_SHOW, FL_ONE }, { "count", Q_APPROVAL_COUNT, FL_ONE }, PROPOSAL_PARTS },
	  .summary = "A proposal as a difference" },
	{ "POST", "/approvals/{id}/approve", "decision.approve", approve_fields, .does = Q_DECISION_APPROVE, .then = "/approvals?id={next}&done=approved&of={id}",
	  .rings = APPROVAL_RINGS, .summary = "Approves a proposal, as it is or with changes" },
	{ "POST", "/approvals/{id}/send", "decision.approve", send_fields, .does = Q_DECISION_SEND, .then = "/approvals?id={next}&done=sent_elsewhere&of={id}",
	  .rings = APPROVAL_RINGS, .summary = "Sends the request elsewhere than proposed" },
	{ "POST", "/approvals/{id}/reject", "decision.approve", reject_fields, .does = Q_DECISION_REJECT, .then = "/approvals?id={next}&done=proposal_rejected",
	  .rings = APPROVAL_RINGS, .summary = "Rejects a proposal with a reason" },
	{ "POST", "/approvals/bulk", "decision.approve", bulk_fields, .does = Q_DECISIONS_APPROVE, .then = "/approvals?done=approved_several",
	  .rings = APPROVAL_RINGS, .summary = "Approves several proposals as they are" },
	{ "GET", "/agent", "decision.read", NULL, .view = "agent/rules", .title = "agent.title", .nav = "rules",
	  .sets = { { "rules", Q_AGENT_RULES, FL_ONE }, { "bands", Q_AGENT_RELIABILITY } }, .summary = "The rules decisions follow, and how they fared" },
	{ "POST", "/agent", "agent.manage", rules_fields, .view = "agent/rules", .does = Q_AGENT_SET, .then = "/agent?done=saved", .title = "agent.title", .nav = "rules",
	  .sets = { { "rules", Q_AGENT_RULES, FL_ONE }, { "bands", Q_AGENT_RELIABILITY } }, .summary = "Changes the rules" },
	{ "GET", "/agent/decisions", "decision.read", list_fields, .view = "agent/decisions", .title = "agent.decisions", .nav = "rules",
	  .sets = { { "items", Q_DECISION_LIST }, { "scope", Q_DECISION_SCOPE, FL_ONE }, { "pipelines", Q_AGENT_PIPELINES } }, .summary = "Decisions, newest first" },
	{ "GET", "/agent/calls", "agent.manage", call_fields, .view = "agent/calls", .title = "agent.calls", .nav = "rules",
	  .sets = { { "items", Q_CALL_LIST }, { "total", Q_CALL_TOTALS, FL_ONE } }, .summary = "Calls to language models and what they cost" },
	{ "GET", "/agent/calls/{id}", "agent.manage", NULL, .view = "agent/call", .title = "agent.call", .nav = "rules",
	  .sets = { { "call", Q_CALL_SHOW, FL_ONE } }, .summary = "A call with its redacted prompt and answer" },
	{ "GET", "/agent/privacy", "agent.manage", NULL, PRIVACY, .summary = "What models elsewhere are not told" },
	{ "POST", "/agent/privacy", "agent.manage", privacy_fields, PRIVACY, .does = Q_LLM_PRIVACY_SET, .then = "/agent/privacy?done=saved",
	  .summary = "Changes what models elsewhere are not told" },
	{ "GET", "/decisions/{id}", "decision.read", NULL, .view = "agent/decision", .title = "agent.decision", .nav = "rules",
	  .sets = { { "decision", Q_DECISION_SHOW, FL_ONE }, { "acts", Q_DECISION_ACTS }, { "proposed", Q_APPROVAL_ACTIONS }, { "named", Q_DECISION_NAMED }, { "edits", Q_DECISION_EDITS }, { "alternatives", Q_DECISION_ALTERNATIVES },
	            { "calls", Q_DECISION_CALLS } }, .summary = "A decision with all that explains it" },
	{ "POST", "/decisions/{id}/undo", "decision.approve", NULL, .does = Q_DECISION_UNDO, .then = "/intake/{intake_id}?done=undone", .rings = APPROVAL_RINGS,
	  .summary = "Takes back what a decision did" },
	{ "POST", "/decisions/{id}/right", "decision.approve", NULL, .does = Q_DECISION_RIGHT, .then = "/decisions/{id}?done=judged", .rings = "t:approvals",
	  .summary = "A person found it right" },
	{ 0 },
};
