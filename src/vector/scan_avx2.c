/* The kernel for processors with AVX2. Two vectors at a time, so that the query is loaded once for both. */
#include "vector/inside.h"

#ifdef __x86_64__
#include <immintrin.h>

/* maddubs multiplies unsigned by signed. Four products of at most 15 * 127 fit its 16 bits. */
__attribute__((target("avx2"))) static inline __m256i step(__m256i sum, __m256i q, __m256i q_high, const uint8_t *v)
{
	__m256i x = _mm256_load_si256((const __m256i *)(const void *)v), bits = _mm256_set1_epi8(15);
	__m256i low = _mm256_maddubs_epi16(_mm256_and_si256(x, bits), q), high = _mm256_maddubs_epi16(_mm256_and_si256(_mm256_srli_epi16(x, 4), bits), q_high);

	return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_add_epi16(low, high), _mm256_set1_epi16(1)));
}

__attribute__((target("avx2"))) static inline int32_t across(__m256i sum)
{
	__m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));

	half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
	half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
	return _mm_cvtsi128_si32(half);
}

__attribute__((target("avx2"))) static inline __m256i part_of(const int8_t *q, int i)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)(q + i));
}

/* Asks for the memory of two vectors that come AHEAD_BYTES later: the processor's own prefetch ends at each page of 4 KiB. Measured over 154 MB of
 * them: 12.4 ms without, 8.0 at 4 KiB ahead, 5.7 at 8 KiB, 5.0 to 6.3 at 16 KiB. */
enum { AHEAD_BYTES = 16384, LINE_BYTES = 64 };

__attribute__((target("avx2"))) static inline void fetch(const uint8_t *from, size_t at, size_t end, const uint8_t *next, int bytes)
{
	const uint8_t *p = at < end ? from + at : next + (at - end);

	for (int i = 0; i < bytes; i += LINE_BYTES)
		_mm_prefetch((const char *)p + i, _MM_HINT_T0);
}

__attribute__((target("avx2"))) void fl_vdots_avx2(const int8_t *q, const uint8_t *vectors, const uint8_t *next, int n, int stride, int32_t *out)
{
	const uint8_t *v = vectors;
	int r = 0;

	for (; r + 1 < n; r += 2, v += 2 * stride) {
		__m256i one = _mm256_setzero_si256(), two = one;

		fetch(vectors, (size_t)(v - vectors) + AHEAD_BYTES, (size_t)n * (size_t)stride, next, 2 * stride);
		for (int i = 0; i < stride; i += FL_SCAN_ALIGN) {
			__m256i low = part_of(q, 2 * i), high = part_of(q, 2 * i + FL_SCAN_ALIGN);

			one = step(one, low, high, v + i);
			two = step(two, low, high, v + stride + i);
		}
		out[r] = across(one);
		out[r + 1] = across(two);
	}
	for (; r < n; r++, v += stride) {
		__m256i one = _mm256_setzero_si256();

		for (int i = 0; i < stride; i += FL_SCAN_ALIGN)
			one = step(one, part_of(q, 2 * i), part_of(q, 2 * i + FL_SCAN_ALIGN), v + i);
		out[r] = across(one);
	}
}
#endif
