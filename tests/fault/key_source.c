#include "tests/fault/key_source.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "planner/base/time.h"
#include "providers/sandbox/wire.h"
#include "tests/folder.h"

enum { SHORT_MS = 500 };

#define XML_KEYS                                                                                   \
    "<%sResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <%sResult>\n"             \
    "    <Credentials>\n      <AccessKeyId>%s</AccessKeyId>\n"                                     \
    "      <SecretAccessKey>%s</SecretAccessKey>\n      <SessionToken>%s</SessionToken>\n"         \
    "      <Expiration>%s</Expiration>\n    </Credentials>\n  </%sResult>\n"                       \
    "  <ResponseMetadata><RequestId>7a62c49f</RequestId></ResponseMetadata>\n</%sResponse>\n"

struct keys {
    const char *operation;
    int64_t end;
    char until[TIME_TEXT_SIZE], token[sizeof SANDBOX_SESSION_TOKEN + TIME_TEXT_SIZE];
};

static void put_sts(struct text *body, const struct keys *keys)
{
    const char *name = keys->operation;
    text_addf(body, XML_KEYS, name, name, SANDBOX_ACCESS_KEY_ID, SANDBOX_SECRET_ACCESS_KEY,
              keys->token, keys->until, name, name);
}

static void put_metadata_token(struct text *body, const struct keys *keys)
{
    (void)keys;
    text_add(body, "AQAEAHh5ZXNzZXNzaW9u==");
}

static void put_metadata_role(struct text *body, const struct keys *keys)
{
    (void)keys;
    text_add(body, "cutover");
}

static void put_keys(struct text *body, const struct keys *keys)
{
    text_addf(body,
              "{\n  \"Code\" : \"Success\",\n  \"LastUpdated\" : \"2026-11-23T04:00:00Z\",\n"
              "  \"Type\" : \"AWS-HMAC\",\n  \"AccessKeyId\" : \"%s\",\n"
              "  \"SecretAccessKey\" : \"%s\",\n  \"Token\" : \"%s\",\n"
              "  \"Expiration\" : \"%s\"\n}",
              SANDBOX_ACCESS_KEY_ID, SANDBOX_SECRET_ACCESS_KEY, keys->token, keys->until);
}

static void put_sso_keys(struct text *body, const struct keys *keys)
{
    text_addf(body,
              "{\"roleCredentials\":{\"accessKeyId\":\"%s\",\"secretAccessKey\":\"%s\","
              "\"sessionToken\":\"%s\",\"expiration\":%lld}}",
              SANDBOX_ACCESS_KEY_ID, SANDBOX_SECRET_ACCESS_KEY, keys->token, (long long)keys->end);
}

static void put_sso_token(struct text *body, const struct keys *keys)
{
    (void)keys;
    text_add(body, "{\"accessToken\":\"aoaAAAAAGZ-renewed\",\"expiresIn\":28800,"
                   "\"refreshToken\":\"aorAAAAAGZ-next\",\"tokenType\":\"Bearer\"}");
}

static const struct {
    const char *operation;
    void (*put)(struct text *body, const struct keys *keys);
} answers[] = {
    {"AssumeRole", put_sts},
    {"AssumeRoleWithWebIdentity", put_sts},
    {"metadata-token", put_metadata_token},
    {"metadata-role", put_metadata_role},
    {"metadata-keys", put_keys},
    {"container-keys", put_keys},
    {"sso-keys", put_sso_keys},
    {"sso-token", put_sso_token},
};

bool key_source_answer(struct text *answer, const char *operation)
{
    struct timespec now;
    struct text body = {0};
    size_t i = 0;
    while (i < sizeof answers / sizeof *answers && strcmp(answers[i].operation, operation) != 0)
        i++;
    if (i == sizeof answers / sizeof *answers)
        return false;
    clock_gettime(CLOCK_REALTIME, &now);
    bool is_short = strcmp(operation, "container-keys") == 0;
    struct keys keys = {.operation = operation,
                        .end = (int64_t)now.tv_sec * SECOND_MS + now.tv_nsec / 1000000 +
                               (is_short ? SHORT_MS : HOUR_MS)};
    time_format(keys.until, keys.end);
    snprintf(keys.token, sizeof keys.token, SANDBOX_SESSION_TOKEN "%s", keys.until);
    answers[i].put(&body, &keys);
    text_addf(answer, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", body.len, body.data);
    text_clear(&body);
    return true;
}

/* ---- the client's side ---- */

static void put_config(struct text *env, const char *folder, const char *config)
{
    folder_write(folder, "aws-config", config);
    text_addf(env, "AWS_CONFIG_FILE=%s/aws-config\nAWS_PROFILE=ops\n", folder);
}

static void prepare_role(struct text *env, const char *folder)
{
    put_config(env, folder,
               "[profile ops]\nrole_arn = arn:aws:iam::111122223333:role/cutover\n"
               "source_profile = base\n"
               "[profile base]\naws_access_key_id = " SANDBOX_ACCESS_KEY_ID "\n"
               "aws_secret_access_key = " SANDBOX_SECRET_ACCESS_KEY "\n");
}

static void make_folder(const char *folder, const char *name)
{
    struct text path = {0};
    text_addf(&path, "%s/%s", folder, name);
    mkdir(path.data, 0700);
    text_clear(&path);
}

static void prepare_sso(struct text *env, const char *folder)
{
    static const char *const folders[] = {".aws", ".aws/sso", ".aws/sso/cache"};
    put_config(env, folder,
               "[profile ops]\nsso_session = corp\nsso_account_id = 111122223333\n"
               "sso_role_name = Ops\n"
               "[sso-session corp]\nsso_start_url = https://corp.example.com/start\n"
               "sso_region = us-east-1\n");
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        make_folder(folder, folders[i]);
    folder_write(folder, KEY_SOURCE_CACHE,
                 "{\"startUrl\":\"https://corp.example.com/start\",\"region\":\"us-east-1\","
                 "\"accessToken\":\"aoaAAAAAGZ-old\",\"expiresAt\":\"2026-01-01T00:00:00Z\","
                 "\"clientId\":\"client\",\"clientSecret\":\"secret\","
                 "\"registrationExpiresAt\":\"2099-01-01T00:00:00Z\","
                 "\"refreshToken\":\"aorAAAAAGZ-old\"}");
}

void key_source_prepare(struct text *env, enum key_source source, const char *folder, int port)
{
    switch (source) {
    case KEYS_ROLE:
        prepare_role(env, folder);
        break;
    case KEYS_WEB_IDENTITY:
        folder_write(folder, "token", "eyJhbGciOiJub25lIn0.e30.");
        text_addf(env,
                  "AWS_ROLE_ARN=arn:aws:iam::111122223333:role/cutover\n"
                  "AWS_WEB_IDENTITY_TOKEN_FILE=%s/token\n",
                  folder);
        break;
    case KEYS_METADATA:
        text_addf(env,
                  "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:%d/\n"
                  "AWS_METADATA_SERVICE_NUM_ATTEMPTS=3\n",
                  port);
        break;
    case KEYS_CONTAINER:
        text_addf(env, "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:%d/container\n", port);
        break;
    case KEYS_SSO:
        prepare_sso(env, folder);
        break;
    default:
        text_add(env, "AWS_ACCESS_KEY_ID=" SANDBOX_ACCESS_KEY_ID
                      "\nAWS_SECRET_ACCESS_KEY=" SANDBOX_SECRET_ACCESS_KEY "\n");
    }
}
