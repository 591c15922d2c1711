/* The Python face of the kernel: buffers in, buffers filled, the interpreter's lock released meanwhile. Only the stable
 * ABI of Python 3.11 is used, so that one build serves all later versions. The types of arrays are checked in Python
 * (`calls.py`), their room here. */
#include "module.h"

#ifndef FINGERPRINT
#define FINGERPRINT "unknown"
#endif

/* decimals(text, start, end, numbers, counts) -> how many numbers */
static PyObject *decimals(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[5];
    if (!PyArg_ParseTuple(args, "y*y*y*w*w*", b, b + 1, b + 2, b + 3, b + 4)) return NULL;
    int64_t texts = b[1].len / 8, room = texts, result;
    const int64_t *start = b[1].buf, *end = b[2].buf;
    if (!fits(b, 2, texts, 8) || !fits(b, 4, texts, 8)) return refused(b, 5);
    for (int64_t k = 0; k < texts; k++) {
        if (start[k] < 0 || end[k] < start[k] || end[k] > b[0].len) {
            PyErr_SetString(PyExc_ValueError, "a text of the kernel lies outside its buffer");
            return refused(b, 5);
        }
        room += (end[k] - start[k]) / 2 + 1;
    }
    if (!fits(b, 3, room, 8)) return refused(b, 5);
    Py_BEGIN_ALLOW_THREADS
    result = rt_decimals(b[0].buf, texts, start, end, b[3].buf, b[4].buf);
    Py_END_ALLOW_THREADS
    return finished(b, 5, result);
}

/* Whether the slab numbers in buffer `k` lie in 0 .. slabs - 1; an error is set where not. */
static int are_slabs(const Py_buffer *buffers, int k, int64_t n, int64_t slabs) {
    const int64_t *slab = buffers[k].buf;
    int are = 1;
    for (int64_t i = 0; are && i < n; i++) are = slab[i] >= 0 && slab[i] < slabs;
    if (!are) PyErr_SetString(PyExc_ValueError, "the kernel has no such slab");
    return are;
}

/* An outline of `slabs` slabs from buffers `k` on: edges (n, 4), slab (n,), points (p, 2), starts (loops + 1,) and first_loop
 * (slabs + 1,), of which either the first two or the others are empty. An error is set where they do not fit. */
static int is_outline(const Py_buffer *buffers, int k, int64_t slabs, Outline *outline) {
    const int64_t *first_loop = buffers[k + 4].buf;
    *outline = (Outline){.n = buffers[k].len / 32, .slabs = slabs, .edges = buffers[k].buf, .slab = buffers[k + 1].buf};
    if (!buffers[k + 4].len) return fits(buffers, k + 1, outline->n, 8) && are_slabs(buffers, k + 1, outline->n, slabs);
    int64_t loops = buffers[k + 3].len / 8 - 1;
    int are = fits(buffers, k + 4, slabs + 1, 8) && are_starts(buffers, k + 3, k + 2);
    if (are && !rt_are_starts(first_loop, slabs, loops)) {
        PyErr_SetString(PyExc_ValueError, "slabs of the kernel do not begin one after another");
        are = 0;
    }
    *outline = (Outline){.slabs = slabs, .points = buffers[k + 2].buf, .starts = buffers[k + 3].buf, .first_loop = first_loop};
    return are;
}

/* The number of its edges. */
static int64_t size_of(const Outline *outline) {
    return outline->first_loop ? outline->starts[outline->first_loop[outline->slabs]] - outline->starts[outline->first_loop[0]]
                               : outline->n;
}

/* outline_measures(an outline, height (slabs,), found (5,)): the lowest x and y, the highest, the volume */
static PyObject *outline_measures(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[7];
    Outline outline;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*w*", b, b + 1, b + 2, b + 3, b + 4, b + 5, b + 6)) return NULL;
    if (!is_outline(b, 0, b[5].len / 8, &outline) || !fits(b, 6, 5, 8)) return refused(b, 7);
    PyThreadState *others = let_others(size_of(&outline));
    int64_t result = rt_outline_measures(&outline, b[5].buf, b[6].buf);
    come_back(others);
    return finished(b, 7, result);
}

/* cover_outline(edges (n, 4), slab (n,), rows, columns, x0, per_x, y0, per_y, parts, room, found (7, room), means (6, room),
 * counts) -> 0, or -1 where they do not fit */
static PyObject *cover_outline(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[5];
    Lines lines;
    long long rows, columns, room;
    if (!PyArg_ParseTuple(args, "y*y*LLdddddLw*w*w*", b, b + 1, &rows, &columns, &lines.x0, &lines.per_x, &lines.y0,
                          &lines.per_y, &lines.parts, &room, b + 2, b + 3, b + 4))
        return NULL;
    int64_t edges = b[0].len / 32, result;
    if (!fits(b, 1, edges, 8) || !fits(b, 2, 7 * room, 8) || !fits(b, 3, 6 * room, 8) || !fits(b, 4, 2, 8))
        return refused(b, 5);
    Py_BEGIN_ALLOW_THREADS
    result = rt_cover_outline(b[0].buf, b[1].buf, edges, &lines, rows, columns, room, b[2].buf, b[3].buf, b[4].buf);
    Py_END_ALLOW_THREADS
    return finished(b, 5, result);
}

/* most_pieces(edges, rows, x0, per_x, y0, per_y, parts) -> room for that many pieces is enough, or -1 */
static PyObject *most_pieces(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[1];
    Lines lines;
    long long rows;
    if (!PyArg_ParseTuple(args, "y*Lddddd", b, &rows, &lines.x0, &lines.per_x, &lines.y0, &lines.per_y, &lines.parts))
        return NULL;
    int64_t result;
    PyThreadState *others = let_others(b[0].len / 32);
    result = rt_most_pieces(b[0].buf, b[0].len / 32, &lines, rows);
    come_back(others);
    return finished(b, 1, result);
}

/* cut(edges, slab, rows, columns, x0, per_x, y0, per_y, parts, room, whole (3, room), numbers (5, room), is_clamped) ->
 * how many pieces */
static PyObject *cut(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[5];
    Lines lines;
    long long rows, columns, room;
    if (!PyArg_ParseTuple(args, "y*y*LLdddddLw*w*w*", b, b + 1, &rows, &columns, &lines.x0, &lines.per_x, &lines.y0,
                          &lines.per_y, &lines.parts, &room, b + 2, b + 3, b + 4))
        return NULL;
    int64_t edges = b[0].len / 32, result;
    if (!fits(b, 1, edges, 8) || !fits(b, 2, 3 * room, 8) || !fits(b, 3, 5 * room, 8) || !fits(b, 4, room, 1))
        return refused(b, 5);
    int64_t *whole = b[2].buf;
    double *numbers = b[3].buf;
    Py_BEGIN_ALLOW_THREADS
    result = rt_cut(b[0].buf, b[1].buf, edges, &lines, rows, columns, room, whole, whole + room, whole + 2 * room,
                    numbers, numbers + room, numbers + 2 * room, numbers + 3 * room, numbers + 4 * room, b[4].buf);
    Py_END_ALLOW_THREADS
    return finished(b, 5, result);
}

/* cover(slab, row, column, sign, u0, v0, u1, v1, slabs, rows, columns, found (7, n), means (6, n), counts) */
static PyObject *cover(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[11];
    long long slabs, rows, columns;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*y*y*LLLw*w*w*", b, b + 1, b + 2, b + 3, b + 4, b + 5, b + 6, b + 7, &slabs,
                          &rows, &columns, b + 8, b + 9, b + 10))
        return NULL;
    int64_t n = b[0].len / 8, result;
    for (int k = 1; k < 8; k++)
        if (!fits(b, k, n, 8)) return refused(b, 11);
    if (!fits(b, 8, 7 * n, 8) || !fits(b, 9, 6 * n, 8) || !fits(b, 10, 2, 8)) return refused(b, 11);
    int64_t *counts = b[10].buf;
    counts[0] = counts[1] = 0;
    Py_BEGIN_ALLOW_THREADS
    result = rt_cover(n, b[0].buf, b[1].buf, b[2].buf, b[3].buf, b[4].buf, b[5].buf, b[6].buf, b[7].buf, 0, slabs, rows,
                      columns, n, b[8].buf, b[9].buf, counts);
    Py_END_ALLOW_THREADS
    return finished(b, 11, result);
}

/* The axes of a box, from buffers `k` (x), `k + 1` (y) and `k + 2` (z), and its doses, from buffers `k - 2` (stored)
 * and `k - 1` (planes, rows, columns stored; first plane, row, column). An error is set where they do not fit. */
static int are_doses(const Py_buffer *buffers, int k, Doses *doses, Axes *axes) {
    const int64_t *place = buffers[k - 1].buf;
    *axes = (Axes){buffers[k].buf, buffers[k + 1].buf, buffers[k + 2].buf,
                   buffers[k].len / 8 - 1, buffers[k + 1].len / 8 - 1, buffers[k + 2].len / 8 - 1};
    if (!fits(buffers, k - 1, 6, 8)) return 0;
    *doses = (Doses){buffers[k - 2].buf, place[0], place[1], place[2], place[3], place[4], place[5]};
    int64_t begin[3] = {place[3], place[4], place[5]}, cells[3] = {axes->gaps, axes->rows, axes->columns};
    int is_there = 1;
    for (int axis = 0; axis < 3; axis++)
        is_there = is_there && place[axis] >= 1 && place[axis] < 1 << 20 && cells[axis] >= 1 && begin[axis] >= -1 &&
                   begin[axis] + cells[axis] <= place[axis];
    if (!is_there) {
        PyErr_SetString(PyExc_ValueError, "a box of the kernel lies outside its grid");
        return 0;
    }
    return fits(buffers, k - 2, place[0] * place[1] * place[2], 4);
}

/* integrate(layer_slab, low, high, stored, place (6,), x, y, z, slab, row, column, covered area, means of u, v, uv, uu,
 *           vv, run_slab, run_row, run_column, run_length, change, step, totals; slabs, subdivision, first_gy,
 *           width_gy). Empty `change` and `step`: no histogram. */
static PyObject *integrate(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[24];
    long long slabs, subdivision;
    double first_gy, width_gy;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*y*y*y*y*y*y*y*y*y*y*y*y*y*y*y*w*w*w*LLdd", b, b + 1, b + 2, b + 3, b + 4,
                          b + 5, b + 6, b + 7, b + 8, b + 9, b + 10, b + 11, b + 12, b + 13, b + 14, b + 15, b + 16,
                          b + 17, b + 18, b + 19, b + 20, b + 21, b + 22, b + 23, &slabs, &subdivision, &first_gy,
                          &width_gy))
        return NULL;
    int64_t layers = b[0].len / 8, cells = b[8].len / 8, runs = b[17].len / 8, bins = b[21].len / 8, result;
    Doses doses;
    Axes axes;
    int is_room = fits(b, 1, layers, 8) && fits(b, 2, layers, 8) && are_doses(b, 5, &doses, &axes) &&
                  fits(b, 22, bins, 8) && fits(b, 23, 2, 8);
    for (int k = 9; k < 17; k++) is_room = is_room && fits(b, k, cells, 8);
    for (int k = 18; k < 21; k++) is_room = is_room && fits(b, k, runs, 8);
    if (!is_room) return refused(b, 24);
    Py_BEGIN_ALLOW_THREADS
    result = rt_integrate(layers, slabs, b[0].buf, b[1].buf, b[2].buf, &doses, &axes, subdivision, cells, b[8].buf,
                          b[9].buf, b[10].buf, b[11].buf, b[12].buf, b[13].buf, b[14].buf, b[15].buf, b[16].buf, runs,
                          b[17].buf, b[18].buf, b[19].buf, b[20].buf, first_gy, width_gy, bins - 1,
                          bins ? b[21].buf : NULL, bins ? b[22].buf : NULL, b[23].buf);
    Py_END_ALLOW_THREADS
    return finished(b, 24, result);
}

/* extremes(slab, row, column, u0, v0, u1, v1, is_clamped, low, high, stored, place (6,), x, y, z, found (8,);
 *          subdivision) -> 1, or 0 where the solid only touches the box */
static PyObject *extremes(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[16];
    long long subdivision;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*y*y*y*y*y*y*y*y*y*w*L", b, b + 1, b + 2, b + 3, b + 4, b + 5, b + 6, b + 7,
                          b + 8, b + 9, b + 10, b + 11, b + 12, b + 13, b + 14, b + 15, &subdivision))
        return NULL;
    int64_t n = b[0].len / 8, slabs = b[8].len / 8, result;
    Doses doses;
    Axes axes;
    int is_room = fits(b, 7, n, 1) && fits(b, 9, slabs, 8) && are_doses(b, 12, &doses, &axes) && fits(b, 15, 8, 8);
    for (int k = 1; k < 7; k++) is_room = is_room && fits(b, k, n, 8);
    if (!is_room) return refused(b, 16);
    Py_BEGIN_ALLOW_THREADS
    result = rt_extremes(n, b[0].buf, b[1].buf, b[2].buf, b[3].buf, b[4].buf, b[5].buf, b[6].buf, b[7].buf, subdivision,
                         slabs, b[8].buf, b[9].buf, &doses, &axes, b[15].buf);
    Py_END_ALLOW_THREADS
    return finished(b, 16, result);
}

/* dvh(an outline, low, high, stored, place (6,), x, y, z, found (10,); x0, per_x, y0, per_y, parts, spacing, refinement,
 *     per_volume, wanted) -> the curve, as rt_dvh has it; None where numpy has to do it. */
static PyObject *dvh(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[13];
    Lines lines;
    double spacing, per_volume;
    long long refinement;
    int wanted;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*y*y*y*y*y*y*w*ddddddLdi", b, b + 1, b + 2, b + 3, b + 4, b + 5, b + 6, b + 7,
                          b + 8, b + 9, b + 10, b + 11, b + 12, &lines.x0, &lines.per_x, &lines.y0, &lines.per_y,
                          &lines.parts, &spacing, &refinement, &per_volume, &wanted))
        return NULL;
    Outline outline;
    Doses doses;
    Axes axes;
    if (!is_outline(b, 0, b[5].len / 8, &outline) || !fits(b, 6, outline.slabs, 8) || !are_doses(b, 9, &doses, &axes) ||
        !fits(b, 12, 10, 8))
        return refused(b, 13);
    if (!(lines.parts >= 1 && lines.parts <= MOST_PARTS && refinement >= 1 && refinement <= MOST_PARTS)) {
        PyErr_SetString(PyExc_ValueError, "the kernel does not divide cells so finely");
        return refused(b, 13);
    }
    int64_t most_doses = wanted & CURVE ? MOST_OF_A_CURVE : 0;
    PyObject *curve = PyByteArray_FromStringAndSize(NULL, 2 * most_doses * (Py_ssize_t)sizeof(double));
    if (!curve) return refused(b, 13);
    int64_t result;
    double *doses_and_volumes = (double *)PyByteArray_AsString(curve);
    PyThreadState *others = let_others(size_of(&outline) * STEPS_OF_AN_EDGE);
    result = rt_dvh(&outline, b[5].buf, b[6].buf, &lines, &doses, &axes, (int64_t)lines.parts, spacing, refinement, per_volume,
                    wanted, most_doses, b[12].buf, doses_and_volumes);
    come_back(others);
    for (int k = 0; k < 13; k++) PyBuffer_Release(b + k);
    if (result >= 0 && !PyByteArray_Resize(curve, result * 2 * (Py_ssize_t)sizeof(double))) return curve;
    Py_DECREF(curve);
    if (result >= 0) return NULL;
    if (result == NO_MEMORY) return PyErr_NoMemory();
    Py_RETURN_NONE;
}

/* cumulated(change, step, doses, volumes; first, width_gy) -> how many doses, -1 where there is no room for them */
static PyObject *cumulated(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[4];
    double first, width_gy;
    if (!PyArg_ParseTuple(args, "y*y*w*w*dd", b, b + 1, b + 2, b + 3, &first, &width_gy)) return NULL;
    int64_t count = b[0].len / 8 - 1, room = b[2].len / 8, result;
    if (!fits(b, 1, count + 1, 8) || !fits(b, 3, room, 8)) return refused(b, 4);
    PyThreadState *others = let_others(count);
    result = rt_cumulated(count, b[0].buf, b[1].buf, first, width_gy, room, b[2].buf, b[3].buf);
    come_back(others);
    return finished(b, 4, result);
}

static PyMethodDef METHODS[] = {
    {"decimals", decimals, METH_VARARGS, NULL},   {"most_pieces", most_pieces, METH_VARARGS, NULL},
    {"outline_measures", outline_measures, METH_VARARGS, NULL},
    {"cover_outline", cover_outline, METH_VARARGS, NULL},
    {"cut", cut, METH_VARARGS, NULL},             {"cover", cover, METH_VARARGS, NULL},
    {"integrate", integrate, METH_VARARGS, NULL}, {"extremes", extremes, METH_VARARGS, NULL},
    {"cumulated", cumulated, METH_VARARGS, NULL}, {"dvh", dvh, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef MODULE = {PyModuleDef_HEAD_INIT, "_native", NULL, -1, METHODS, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__native(void) {
    PyObject *module = PyModule_Create(&MODULE);
    if (module && !PyModule_AddStringConstant(module, "FINGERPRINT", FINGERPRINT) &&
        !PyModule_AddFunctions(module, READING_METHODS) && !PyModule_AddFunctions(module, LOOP_METHODS) &&
        !PyModule_AddFunctions(module, FIELD_METHODS))
        return module;
    Py_XDECREF(module);
    return NULL;
}
