#include "tests/bench/certificate.h"

#include <stdbool.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

enum { DAY_S = 24 * 60 * 60 };

static bool add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool ok = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return ok;
}

/* Signed by itself, valid from two days ago. RSA, as AWS's own endpoints have it: what a
 * client verifies costs it what it costs there. */
static bool make(X509 *certificate, EVP_PKEY *key, long seconds)
{
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -2 * DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(certificate), seconds);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               (const unsigned char *)"bench", -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    return add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE") &&
           add_extension(certificate, NID_subject_key_identifier, "hash") &&
           add_extension(certificate, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost") &&
           X509_sign(certificate, key, EVP_sha256()) > 0;
}

static bool write_to(const char *path, X509 *certificate)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return false;
    bool ok = PEM_write_X509(file, certificate) == 1;
    return fclose(file) == 0 && ok;
}

SSL_CTX *certificate_context(const char *ca_file)
{
    return certificate_context_until(ca_file, DAY_S);
}

SSL_CTX *certificate_context_until(const char *ca_file, long seconds)
{
    EVP_PKEY *key = EVP_RSA_gen(2048);
    X509 *certificate = X509_new();
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    bool ok = key && certificate && context && make(certificate, key, seconds) &&
              SSL_CTX_use_certificate(context, certificate) == 1 &&
              SSL_CTX_use_PrivateKey(context, key) == 1 && write_to(ca_file, certificate);
    EVP_PKEY_free(key);
    X509_free(certificate);
    if (ok)
        return context;
    perror(ca_file);
    ERR_print_errors_fp(stderr);
    SSL_CTX_free(context);
    return NULL;
}
