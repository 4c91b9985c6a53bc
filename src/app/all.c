#include "app/app.h"

extern const struct fl_app account_app;
extern const struct fl_app admin_app;
extern const struct fl_app agent_app;
extern const struct fl_app booking_app;
extern const struct fl_app poll_app;
extern const struct fl_app sop_app;
extern const struct fl_app onboarding_app;
extern const struct fl_app calendar_app;
extern const struct fl_app channel_app;
extern const struct fl_app chat_app;
extern const struct fl_app contact_app;
extern const struct fl_app document_app;
extern const struct fl_app draft_app;
extern const struct fl_app hook_app;
extern const struct fl_app identity_app;
extern const struct fl_app intake_app;
extern const struct fl_app jobs_app;
extern const struct fl_app mail_app;
extern const struct fl_app note_app;
extern const struct fl_app organization_app;
extern const struct fl_app observe_app;
extern const struct fl_app passkey_app;
extern const struct fl_app pipeline_app;
extern const struct fl_app privacy_app;
extern const struct fl_app portal_app;

extern const struct fl_app dashboard_app;
extern const struct fl_app schedule_app;
extern const struct fl_app search_app;
extern const struct fl_app sync_app;
extern const struct fl_app token_app;
extern const struct fl_app sla_app;
extern const struct fl_app sms_app;
extern const struct fl_app task_app;
extern const struct fl_app task_setup_app;
extern const struct fl_app oidc_app;
const struct fl_app *const fl_apps[] = {
	&identity_app,
	&account_app,
	&passkey_app,
	&intake_app,
	&agent_app,
	&channel_app,
	&contact_app,
	&hook_app,
	&jobs_app,
	&document_app,
	&draft_app,
	&chat_app,
	&mail_app,
	&note_app,
	&organization_app,
	&observe_app,
	&admin_app,
	&pipeline_app,
	&privacy_app,
	&portal_app,
	&calendar_app,
	&booking_app,
	&poll_app,
	&sop_app,
	&onboarding_app,
	&dashboard_app,
	&schedule_app,
	&sync_app,
	&search_app,
	&token_app,
	&sla_app,
	&sms_app,
	&task_app,
	&task_setup_app,
	&oidc_app,
	NULL,
};
