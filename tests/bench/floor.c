/*
 * The floor of all comparisons: libcurl and nothing else, against the same endpoint.
 *
 *     floor URL CA_FILE READS
 *
 * Sends one bare request, Action=Floor; before it, with READS above 0, so many at once
 * (Action=FloorRead), whose answers it awaits. Nothing is signed: the endpoint refuses them, which
 * costs it as much as an answer or less. CA_FILE is "-" where there is no TLS.
 */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READS_MAX = 64 };

static size_t discard(char *bytes, size_t size, size_t n, void *self)
{
    (void)bytes, (void)self;
    return size * n;
}

static CURL *request(const char *url, const char *ca_file, const char *body)
{
    CURL *easy = curl_easy_init();
    if (!easy)
        exit(1);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    if (strcmp(ca_file, "-") != 0) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    return easy;
}

static bool take_results(CURLM *multi)
{
    CURLMsg *message;
    int left;
    bool ok = true;
    while ((message = curl_multi_info_read(multi, &left)))
        ok = ok && message->data.result == CURLE_OK;
    return ok;
}

static bool run(CURLM *multi, CURL *const requests[], int n)
{
    int running = 0;
    for (int i = 0; i < n; i++)
        curl_multi_add_handle(multi, requests[i]);
    do {
        curl_multi_perform(multi, &running);
        if (running)
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
    } while (running);
    bool ok = take_results(multi);
    for (int i = 0; i < n; i++)
        curl_multi_remove_handle(multi, requests[i]);
    return ok;
}

int main(int argc, char **argv)
{
    int reads = argc == 4 ? atoi(argv[3]) : -1;
    if (reads < 0 || reads > READS_MAX) {
        fputs("usage: floor URL CA_FILE READS\n", stderr);
        return 2;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM *multi = curl_multi_init();
    CURL *requests[READS_MAX + 1];
    for (int i = 0; i < reads; i++)
        requests[i] = request(argv[1], argv[2], "Action=FloorRead");
    requests[reads] = request(argv[1], argv[2], "Action=Floor");
    bool ok = run(multi, requests, reads) && run(multi, &requests[reads], 1);
    for (int i = 0; i <= reads; i++)
        curl_easy_cleanup(requests[i]);
    curl_multi_cleanup(multi);
    curl_global_cleanup();
    return ok ? 0 : 1;
}
