/* Bodies of the Query protocol. */
#include <assert.h>
#include <string.h>

#include "providers/aws/client.h"
#include "providers/aws/uri.h"

void aws_query_begin(struct text *body, enum aws_service service, const char *operation)
{
    static const char *const versions[AWS_SERVICE_COUNT] = {
        [AWS_ELBV2] = "2015-12-01",
        [AWS_CLOUDWATCH] = "2010-08-01",
        [AWS_STS] = "2011-06-15",
    };
    assert(versions[service]);
    text_addf(body, "Action=%s&Version=%s", operation, versions[service]);
}

void aws_query_add(struct text *body, const char *name, const char *value)
{
    text_addf(body, "&%s=", name);
    uri_encode(body, value, strlen(value));
}

void aws_query_addf(struct text *body, const char *value, const char *name_format, ...)
{
    struct text name = {0};
    va_list ap;
    va_start(ap, name_format);
    text_vaddf(&name, name_format, ap);
    va_end(ap);
    aws_query_add(body, text_cstr(&name), value);
    text_clear(&name);
}
