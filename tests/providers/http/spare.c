#include "tests/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include "providers/http/spare.h"

struct fixture {
    int listener;
    struct curl_sockaddr address;
    struct spares spares;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof in;
    f->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(f->listener, (struct sockaddr *)&in, size), 0);
    assert_int_equal(getsockname(f->listener, (struct sockaddr *)&in, &size), 0);
    assert_int_equal(listen(f->listener, 8), 0);
    f->address = (struct curl_sockaddr){
        .family = AF_INET, .socktype = SOCK_STREAM, .protocol = IPPROTO_TCP, .addrlen = size};
    memcpy(&f->address.addr, &in, size);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    spares_close_old(&f->spares, INT64_MAX, INT64_MAX);
    assert_int_equal(f->spares.count, 0);
    close(f->listener);
    free(f);
    return 0;
}

static const char url[] = "http://127.0.0.1/", other_url[] = "http://127.0.0.2/";

static void are_taken_once(void **state)
{
    struct fixture *f = *state;
    spares_open(&f->spares, url, &f->address, 2, 0);
    assert_int_equal(f->spares.count, 2);
    int fd = spares_take(&f->spares, &f->address);
    assert_true(fd >= 0);
    int other = accept(f->listener, NULL, NULL);
    assert_int_equal(write(fd, "x", 1), 1);
    char c = 0;
    assert_int_equal(read(other, &c, 1), 1);
    assert_int_equal(c, 'x');
    close(fd);
    close(other);
    fd = spares_take(&f->spares, &f->address);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(spares_take(&f->spares, &f->address), -1);
}

static void go_to_their_own_address_only(void **state)
{
    struct fixture *f = *state;
    spares_open(&f->spares, url, &f->address, 1, 0);
    struct curl_sockaddr other = f->address;
    struct sockaddr_in in;
    memcpy(&in, &other.addr, sizeof in);
    in.sin_port ^= 1;
    memcpy(&other.addr, &in, sizeof in);
    assert_int_equal(spares_take(&f->spares, &other), -1);
    assert_int_equal(f->spares.count, 1);
}

static void dead_ones_are_left_out(void **state)
{
    struct fixture *f = *state;
    spares_open(&f->spares, url, &f->address, 1, 0);
    close(accept(f->listener, NULL, NULL)); /* the server has closed it */
    assert_int_equal(spares_take(&f->spares, &f->address), -1);
    assert_int_equal(f->spares.count, 0);

    close(f->listener); /* refused */
    f->listener = -1;
    spares_open(&f->spares, url, &f->address, 1, 0);
    assert_int_equal(spares_take(&f->spares, &f->address), -1);
    assert_int_equal(f->spares.count, 0);
}

static void a_claim_counts_those_that_are_ready(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(spares_claim(&f->spares, url), SPARE_NONE);
    spares_open(&f->spares, url, &f->address, 2, 0);
    assert_int_equal(spares_claim(&f->spares, other_url), SPARE_NONE);
    assert_int_equal(spares_claim(&f->spares, url), SPARE_READY);
    assert_int_equal(spares_claim(&f->spares, url), SPARE_READY);
    assert_int_equal(spares_claim(&f->spares, url), SPARE_NONE);
    assert_int_equal(f->spares.count, 2); /* both are still to be taken */

    spares_open(&f->spares, url, &f->address, 1, 0);
    close(accept(f->listener, NULL, NULL));
    close(accept(f->listener, NULL, NULL));
    close(accept(f->listener, NULL, NULL));
    assert_int_equal(spares_claim(&f->spares, url), SPARE_NONE); /* dead */
    assert_int_equal(f->spares.count, 2);
}

/* A server whose queue is full answers no handshake. */
static void one_on_its_way_is_worth_a_wait_and_not_a_long_one(void **state)
{
    struct fixture *f = *state;
    struct curl_waitfd fds[SPARES_MAX];
    assert_int_equal(listen(f->listener, 0), 0);
    spares_open(&f->spares, other_url, &f->address, 1, 0); /* the queue holds one */
    spares_open(&f->spares, url, &f->address, 2, 1000);
    assert_int_equal(spares_claim(&f->spares, url), SPARE_COMING);
    assert_int_equal(spares_to_poll(&f->spares, fds), 2);
    assert_int_equal(spares_take(&f->spares, &f->address), f->spares.items[0].fd);
    assert_int_equal(spares_take(&f->spares, &f->address), -1);
    spares_close_old(&f->spares, 0, 1000);
    assert_int_equal(f->spares.count, 2);
    spares_close_old(&f->spares, 0, 1001);
    assert_int_equal(f->spares.count, 0);
    assert_int_equal(spares_claim(&f->spares, url), SPARE_NONE);
}

static void are_few_and_do_not_grow_old(void **state)
{
    struct fixture *f = *state;
    spares_open(&f->spares, url, &f->address, 3, 1000);
    spares_open(&f->spares, url, &f->address, 100, 2000);
    assert_int_equal(f->spares.count, SPARES_MAX);
    spares_close_old(&f->spares, 2000, 0);
    assert_int_equal(f->spares.count, SPARES_MAX - 3);
    struct curl_sockaddr datagram = f->address;
    datagram.socktype = SOCK_DGRAM;
    spares_open(&f->spares, url, &datagram, 1, 2000);
    assert_int_equal(f->spares.count, SPARES_MAX - 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(are_taken_once),
        TEST(go_to_their_own_address_only),
        TEST(dead_ones_are_left_out),
        TEST(a_claim_counts_those_that_are_ready),
        TEST(one_on_its_way_is_worth_a_wait_and_not_a_long_one),
        TEST(are_few_and_do_not_grow_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
