/* Bytes of a data set -> where sequences end and where the values of contours lie (twin of dicom/encoding/elements.py and
 * contour_items.py).
 *
 * Only what is entirely plain is read here: little endian, every length within its surroundings, tags of a contour in
 * ascending order. -1 for everything else, and then Python reads it, or says what is wrong with it. */
#include <math.h>
#include <string.h>

#include "kernel.h"

#define ITEM 0xFFFEE000u
#define ITEM_DELIMITATION 0xFFFEE00Du
#define SEQUENCE_DELIMITATION 0xFFFEE0DDu
#define UNDEFINED_LENGTH 0xFFFFFFFFu
#define MAX_DEPTH 16

#define REFERENCED_SOP_INSTANCE_UID 0x00081155u
#define CONTOUR_IMAGE_SEQUENCE 0x30060016u
#define CONTOUR_GEOMETRIC_TYPE 0x30060042u
#define CONTOUR_SLAB_THICKNESS 0x30060044u
#define CONTOUR_OFFSET_VECTOR 0x30060045u
#define NUMBER_OF_CONTOUR_POINTS 0x30060046u
#define CONTOUR_DATA 0x30060050u

#define MOST_POINTS_DIGITS 9
#define FIRST_Z_WITHIN 80 /* characters of ContourData */

static uint32_t whole_at(const uint8_t *b) {
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}
static uint32_t tag_at(const uint8_t *b) {
    return (uint32_t)b[1] << 24 | (uint32_t)b[0] << 16 | (uint32_t)b[3] << 8 | (uint32_t)b[2];
}

static int is_one_of(const uint8_t *vr, const char *known) {
    for (; *known; known += 2)
        if (vr[0] == (uint8_t)known[0] && vr[1] == (uint8_t)known[1]) return 1;
    return 0;
}

/* The tag at buffer[at:end], 0 where none can be there. */
uint32_t rt_tag(const uint8_t *buffer, int64_t at, int64_t end) { return end - at < 8 ? 0 : tag_at(buffer + at); }

/* The element whose header begins at `at`; 0 where it is not plain. */
int rt_element(const uint8_t *buffer, int64_t at, int64_t end, int is_explicit, int depth, Element *found) {
    if (end - at < 8) return 0;
    const uint8_t *header = buffer + at;
    uint32_t length = whole_at(header + 4);
    found->tag = tag_at(header);
    found->is_sequence = 1;
    found->vr = (const uint8_t *)"UN";
    if (found->tag >> 16 == 0xFFFE) return 0;
    at += 8;
    if (is_explicit) {
        found->vr = header + 4;
        found->is_sequence = is_one_of(header + 4, "SQ");
        if (is_one_of(header + 4, "AEASATCSDADSDTFDFLISLOLTPNSHSLSSSTTMUIULUS")) {
            length = (uint32_t)header[6] | (uint32_t)header[7] << 8;
        } else if (is_one_of(header + 4, "SQOBODOFOLOVOWSVUCUNURUTUV")) {
            if (end - at < 4) return 0;
            length = whole_at(header + 8);
            at += 4;
            if (length == UNDEFINED_LENGTH && is_one_of(header + 4, "UN")) return 0; /* implicit within explicit */
        } else {
            return 0;
        }
    }
    found->start = at;
    if (length == UNDEFINED_LENGTH) {
        found->end = rt_end_of_sequence(buffer, at, end, is_explicit, depth + 1);
        found->after = found->end + 8;
        return found->end >= 0;
    }
    found->end = found->after = at + length;
    return length <= end - at;
}

/* Where the delimiter of an item of undefined length stands. */
static int64_t end_of_item(const uint8_t *buffer, int64_t at, int64_t end, int is_explicit, int depth) {
    Element element;
    while (end - at >= 8) {
        if (tag_at(buffer + at) == ITEM_DELIMITATION) return at;
        if (!rt_element(buffer, at, end, is_explicit, depth, &element)) return -1;
        at = element.after;
    }
    return -1;
}

/* Where the delimiter of a sequence of undefined length, whose items begin at `at`, stands. */
int64_t rt_end_of_sequence(const uint8_t *buffer, int64_t at, int64_t end, int is_explicit, int depth) {
    if (depth > MAX_DEPTH) return -1;
    while (end - at >= 8) {
        uint32_t tag = tag_at(buffer + at), length = whole_at(buffer + at + 4);
        if (tag == SEQUENCE_DELIMITATION) return at;
        if (tag != ITEM) return -1;
        at += 8;
        if (length == UNDEFINED_LENGTH) {
            at = end_of_item(buffer, at, end, is_explicit, depth);
            if (at < 0) return -1;
            at += 8;
        } else {
            if (length > end - at) return -1;
            at += length;
        }
    }
    return -1;
}

/* The next item of a sequence: where it begins and ends, and where the one after it begins; 0 where it is not plain. */
static int read_item(const uint8_t *buffer, int64_t at, int64_t end, int is_explicit, Element *item) {
    if (end - at < 8 || tag_at(buffer + at) != ITEM) return 0;
    uint32_t length = whole_at(buffer + at + 4);
    item->start = at + 8;
    if (length == UNDEFINED_LENGTH) {
        item->end = end_of_item(buffer, item->start, end, is_explicit, 0);
        item->after = item->end + 8;
        return item->end >= 0;
    }
    item->end = item->after = item->start + length;
    return length <= end - item->start;
}

static void strip(const uint8_t *buffer, Element *element) {
    int64_t first = element->start, last = element->end;
    while (last > first && (buffer[last - 1] == 0 || buffer[last - 1] == ' ')) last--;
    while (first < last && (buffer[first] == 0 || buffer[first] == ' ')) first++;
    element->start = first;
    element->end = last;
}

static int is_text(const uint8_t *buffer, Element element, const char *text) {
    strip(buffer, &element);
    int64_t length = (int64_t)strlen(text);
    return element.end - element.start == length && !memcmp(buffer + element.start, text, (size_t)length);
}

/* A whole number without a sign, -1 where it is not that. */
static int64_t points_stated(const uint8_t *buffer, Element element) {
    strip(buffer, &element);
    int64_t number = 0, digits = element.end - element.start;
    if (digits < 1 || digits > MOST_POINTS_DIGITS) return -1;
    for (int64_t k = element.start; k < element.end; k++) {
        unsigned digit = (unsigned)buffer[k] - '0';
        if (digit > 9) return -1;
        number = number * 10 + digit;
    }
    return number;
}

/* The third number of ContourData, NAN where it is not a plain decimal before another one. */
static double first_z(const uint8_t *buffer, Element element) {
    int64_t at = element.start, end = least(element.end, element.start + FIRST_Z_WITHIN);
    for (int separators = 0; separators < 2; at++) {
        if (at >= end) return NAN;
        separators += buffer[at] == '\\';
    }
    int64_t stop = at;
    while (stop < end && buffer[stop] != '\\') stop++;
    double z;
    return stop < end && rt_decimal(buffer + at, stop - at, &z) ? z : NAN;
}

/* The UID in the only item of ContourImageSequence: where it lies. 0 where Python has to look. */
static int image_uid(const uint8_t *buffer, Element sequence, int is_explicit, int64_t *row) {
    Element item, element;
    uint32_t last = 0;
    if (!sequence.is_sequence || !read_item(buffer, sequence.start, sequence.end, is_explicit, &item)) return 0;
    if (item.after != sequence.end) return 0;
    for (int64_t at = item.start; at < item.end; at = element.after) {
        if (!rt_element(buffer, at, item.end, is_explicit, 0, &element) || element.tag <= last) return 0;
        last = element.tag;
        if (element.tag == REFERENCED_SOP_INSTANCE_UID) {
            row[IMAGE_START] = element.start;
            row[IMAGE_END] = element.end;
        }
    }
    return 1;
}

/* One contour's item: a row of the table and its numbers; 0 where its elements are not plain. */
static int read_contour(const uint8_t *buffer, Element item, int is_explicit, int64_t *row, double *numbers) {
    Element element, kind = {0}, data = {0};
    uint32_t last = 0;
    int is_plain = 1;
    memset(row, 0, CONTOUR_COLUMNS * sizeof *row);
    row[ITEM_START] = item.start;
    row[ITEM_END] = item.end;
    row[POINTS] = -1;
    numbers[FIRST_Z] = numbers[THICKNESS] = NAN;
    for (int64_t at = item.start, count = 0; at < item.end; at = element.after, count++) {
        if (count == MOST_ELEMENTS || !rt_element(buffer, at, item.end, is_explicit, 0, &element)) return 0;
        if (element.tag <= last) return 0;
        last = element.tag;
        int is_empty = element.end == element.start;
        if (last == CONTOUR_GEOMETRIC_TYPE) {
            kind = element;
        } else if (last == NUMBER_OF_CONTOUR_POINTS) {
            row[POINTS] = points_stated(buffer, element);
        } else if (last == CONTOUR_DATA) {
            data = element;
        } else if (last == CONTOUR_OFFSET_VECTOR) {
            is_plain &= is_empty;
        } else if (last == CONTOUR_SLAB_THICKNESS && !is_empty) {
            strip(buffer, &element);
            is_plain &= rt_decimal(buffer + element.start, element.end - element.start, numbers + THICKNESS);
        } else if (last == CONTOUR_IMAGE_SEQUENCE && !is_empty && !image_uid(buffer, element, is_explicit, row)) {
            row[IMAGE_START] = row[IMAGE_END] = -1;
        }
    }
    row[DATA_START] = data.start;
    row[DATA_END] = data.end;
    if (is_text(buffer, kind, "CLOSED_PLANAR")) row[KIND] = CLOSED;
    if (is_text(buffer, kind, "CLOSEDPLANAR_XOR") || is_text(buffer, kind, "CLOSED_PLANAR_XOR")) row[KIND] = XOR;
    if (row[KIND]) numbers[FIRST_Z] = first_z(buffer, data);
    row[IS_PLAIN] = is_plain && row[KIND] && row[POINTS] >= 3;
    return 1;
}

/* The contours in the ContourSequence at buffer[at:end], one in each row of `table` (most, CONTOUR_COLUMNS) and of
 * `numbers` (most, CONTOUR_NUMBERS). Returns their count, -1 where anything is not plain or there are more than `most`. */
int64_t rt_contours(const uint8_t *buffer, int64_t at, int64_t end, int is_explicit, int64_t most_contours, int64_t *table,
                    double *numbers) {
    int64_t count = 0;
    Element item;
    for (; at < end; at = item.after, count++) {
        if (count == most_contours || !read_item(buffer, at, end, is_explicit, &item)) return -1;
        if (!read_contour(buffer, item, is_explicit, table + count * CONTOUR_COLUMNS, numbers + count * CONTOUR_NUMBERS))
            return -1;
    }
    return count;
}

/* The points of plain contours, all in `points` (room, 3), with the first, lowest and highest z of each in `z` (contours,
 * 3). Each contour must have as many points as stated in the table. Returns the number of points, -1 where a contour has
 * others, or points farther than `largest` from the origin. */
int64_t rt_points(const uint8_t *buffer, int64_t contours, const int64_t *table, double largest, int64_t room,
                  double *points, double *z) {
    int64_t total = 0;
    for (int64_t k = 0; k < contours; k++) {
        const int64_t *row = table + k * CONTOUR_COLUMNS;
        double *own = points + 3 * total, farthest = 0;
        int64_t count = row[POINTS];
        Element data = {.start = row[DATA_START], .end = row[DATA_END]};
        if (!row[IS_PLAIN] || count > room - total) return -1;
        strip(buffer, &data);
        if (rt_decimals_of(buffer + data.start, data.end - data.start, 3 * count, own) != 3 * count) return -1;
        double lowest = own[2], highest = own[2];
        for (int64_t i = 0; i < 3 * count; i++) {
            double distance = fabs(own[i]);
            farthest = distance > farthest ? distance : farthest;
        }
        for (int64_t i = 2; i < 3 * count; i += 3) {
            lowest = own[i] < lowest ? own[i] : lowest;
            highest = own[i] > highest ? own[i] : highest;
        }
        if (farthest > largest) return -1;
        z[3 * k] = own[2];
        z[3 * k + 1] = lowest;
        z[3 * k + 2] = highest;
        total += count;
    }
    return total;
}
