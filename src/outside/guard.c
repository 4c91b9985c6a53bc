#include "outside/guard.h"

#include <netinet/in.h>

struct range {
	unsigned char net[4];
	int bits;
};

static const struct range special[] = {
	{ { 0, 0, 0, 0 }, 8 },      { { 10, 0, 0, 0 }, 8 },     { { 100, 64, 0, 0 }, 10 }, { { 127, 0, 0, 0 }, 8 },
	{ { 169, 254, 0, 0 }, 16 }, { { 172, 16, 0, 0 }, 12 },  { { 192, 0, 0, 0 }, 24 },  { { 192, 0, 2, 0 }, 24 },
	{ { 192, 88, 99, 0 }, 24 }, { { 192, 168, 0, 0 }, 16 }, { { 198, 18, 0, 0 }, 15 }, { { 198, 51, 100, 0 }, 24 },
	{ { 203, 0, 113, 0 }, 24 }, { { 224, 0, 0, 0 }, 4 },    { { 240, 0, 0, 0 }, 4 },
};

static uint32_t number(const unsigned char b[4])
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | (uint32_t)b[3];
}

static bool public4(const unsigned char b[4])
{
	for (size_t i = 0; i < FL_COUNT(special); i++)
		if ((number(b) ^ number(special[i].net)) >> (32 - special[i].bits) == 0)
			return false;
	return true;
}

static bool public6(const unsigned char b[16])
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const unsigned char nat64[12] = { 0x00, 0x64, 0xff, 0x9b };

	if (memcmp(b, mapped, 12) == 0 || memcmp(b, nat64, 12) == 0)
		return public4(b + 12);
	if (b[0] == 0x20 && b[1] == 0x02) /* 6to4 */
		return public4(b + 2);
	if (b[0] == 0x20 && b[1] == 0x01 && b[2] < 2) /* 2001::/23: Teredo, ORCHID, benchmarking */
		return false;
	if (b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0d && b[3] == 0xb8) /* documentation, RFC 3849 */
		return false;
	if (b[0] == 0x3f && b[1] == 0xff && b[2] < 0x10) /* documentation, RFC 9637 */
		return false;
	return (b[0] & 0xe0) == 0x20; /* 2000::/3 is all that is handed out */
}

bool fl_address_public(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;
		unsigned char b[4];

		memcpy(&in, sa, sizeof(in));
		memcpy(b, &in.sin_addr, sizeof(b));
		return public4(b);
	}
	if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof(in6));
		return public6(in6.sin6_addr.s6_addr);
	}
	return false;
}

bool fl_address_listed(const char *list, const char *host, int port)
{
	struct fl_str rest = fl_str(list);

	while (rest.n) {
		struct fl_str entry = fl_str_trim(fl_str_cut(&rest, ','));
		size_t at = entry.n;
		int64_t entry_port;

		while (at > 0 && entry.p[at - 1] != ':')
			at--;
		if (at == 0 || fl_str_int((struct fl_str){ entry.p + at, entry.n - at }, 1, 65535, &entry_port) != FL_OK)
			continue;
		if (entry_port == port && fl_str_ieq((struct fl_str){ entry.p, at - 1 }, fl_str(host)))
			return true;
	}
	return false;
}
