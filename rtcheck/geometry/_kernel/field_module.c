/* The Python face of fields on a lattice, and of refined doses. A lattice, a tuple of its numbers, ends the arguments. */
#include <stdlib.h>
#include <string.h>

#include "module.h"

/* The converter of a lattice: x0, y0, spacing, node_rows, node_columns. */
static int as_lattice(PyObject *numbers, void *to) {
    Lattice *lattice = to;
    long long rows, columns;
    if (!PyArg_ParseTuple(numbers, "dddLL", &lattice->x0, &lattice->y0, &lattice->spacing, &rows, &columns)) return 0;
    lattice->node_rows = rows, lattice->node_columns = columns;
    return 1;
}

static int64_t tiles_of(const Lattice *lattice) {
    return (lattice->node_rows - 1) / 4 * ((lattice->node_columns - 1) / 4);
}

/* Whether a lattice is one of whole tiles, and every tile of buffer `k` on it; an error is set where not. */
static int are_on(const Lattice *lattice, const Py_buffer *buffers, int k) {
    int is_on = lattice->node_rows > 4 && lattice->node_columns > 4 && lattice->node_rows % 4 == 1 &&
                lattice->node_columns % 4 == 1 && lattice->spacing > 0;
    const int64_t *tiles = k < 0 ? NULL : buffers[k].buf, count = k < 0 ? 0 : buffers[k].len / 8;
    for (int64_t n = 0; is_on && n < count; n++) is_on = tiles[n] >= 0 && tiles[n] < tiles_of(lattice);
    if (!is_on) PyErr_SetString(PyExc_ValueError, "a tile of the kernel lies outside its lattice");
    return is_on;
}

/* squared_distances(edges, tiles, squared (tiles, 25); lattice) */
static PyObject *squared_distances(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[3];
    Lattice lattice;
    if (!PyArg_ParseTuple(args, "y*y*w*O&", b, b + 1, b + 2, as_lattice, &lattice)) return NULL;
    int64_t tiles = b[1].len / 8, result;
    if (!are_on(&lattice, b, 1) || !fits(b, 0, 1, 32) || !fits(b, 2, 25 * tiles, 8)) return refused(b, 3);
    Py_BEGIN_ALLOW_THREADS
    result = rt_squared_distances(b[0].buf, b[0].len / 32, &lattice, b[1].buf, tiles, b[2].buf);
    Py_END_ALLOW_THREADS
    return finished(b, 3, result);
}

/* zero_level(field (tiles, 25), tiles, edges; lattice) -> how many edges, or -1 where there is no room for them */
static PyObject *zero_level(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[3];
    Lattice lattice;
    if (!PyArg_ParseTuple(args, "y*y*w*O&", b, b + 1, b + 2, as_lattice, &lattice)) return NULL;
    int64_t tiles = b[1].len / 8, result;
    if (!are_on(&lattice, b, 1) || !fits(b, 0, 25 * tiles, 8)) return refused(b, 3);
    Py_BEGIN_ALLOW_THREADS
    result = rt_zero_level(b[0].buf, &lattice, b[1].buf, tiles, b[2].buf, b[2].len / 32);
    Py_END_ALLOW_THREADS
    return finished(b, 3, result);
}

/* Numbers that the kernel has made, as a buffer of Python's: they are not copied. */
typedef struct {
    PyObject head;
    double *numbers;
    Py_ssize_t count;
} Made;

static int made_buffer(PyObject *self, Py_buffer *view, int flags) {
    Made *made = (Made *)self;
    return PyBuffer_FillInfo(view, self, made->numbers, 8 * made->count, 1, flags);
}

static void made_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    free(((Made *)self)->numbers);
    release(self);
    Py_DECREF(type);
}

static PyType_Slot MADE_SLOTS[] = {
    {Py_bf_getbuffer, (void *)made_buffer}, {Py_tp_dealloc, (void *)made_dealloc}, {0, NULL},
};
static PyType_Spec MADE = {"rtcheck.geometry._kernel.Made", sizeof(Made), 0, Py_TPFLAGS_DEFAULT, MADE_SLOTS};

/* The numbers as a buffer, which frees them; so does a failure. */
static PyObject *made_of(double *numbers, int64_t count) {
    static PyObject *type;
    if (!type) type = PyType_FromSpec(&MADE);
    Made *made = type ? (Made *)PyType_GenericAlloc((PyTypeObject *)type, 0) : NULL;
    if (!made) {
        free(numbers);
        return NULL;
    }
    made->numbers = numbers, made->count = (Py_ssize_t)count;
    return (PyObject *)made;
}

/* Whether planes (buffer `k`: first loops) and loops (buffer `k + 1`: first edges) follow one another, each with a loop or
 * three edges at least, and nothing is nested more deeply than `depths`; an error is set where not. */
static int are_planes(const Py_buffer *buffers, int k, const Drawn *drawn) {
    int64_t planes = buffers[k].len / 8 - 1, loops = buffers[k + 1].len / 8 - 1;
    int are = planes >= 1 && loops >= 1 && drawn->first_loop[0] == 0 && drawn->first_loop[planes] == loops &&
              drawn->starts[0] == 0 && drawn->depths >= 1 && drawn->depths < 1 << 16;
    for (int64_t j = 0; are && j < planes; j++) are = drawn->first_loop[j + 1] > drawn->first_loop[j];
    for (int64_t j = 0; are && j < loops; j++) are = drawn->starts[j + 1] > drawn->starts[j];
    if (are && !(fits(buffers, k + 2, loops, 4) && fits(buffers, k + 3, drawn->starts[loops], 32) &&
                 fits(buffers, k + 4, loops, 8) && fits(buffers, k + 6, planes - 1, 1)))
        return 0;
    for (int64_t j = 0; are && j < loops; j++) are = drawn->depth[j] >= 0 && drawn->depth[j] < drawn->depths;
    if (!are) PyErr_SetString(PyExc_ValueError, "planes of the kernel do not follow one another");
    return are;
}

/* interpolated(first_loop (planes + 1,), starts (loops + 1,), depth (loops,), edges (n, 4), radius (loops,), numbers
 *              (4, planes): z, low, high, length; is_bridged (planes - 1,); depths, layer, steep, level, leftover, closes,
 *              lattice) -> edges and layers (n, 3) of all zones, as buffers; None where they run off the lattice */
static PyObject *interpolated(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[7];
    Lattice lattice;
    Layering layering;
    long long depths;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*y*LddddpO&", b, b + 1, b + 2, b + 3, b + 4, b + 5, b + 6, &depths,
                          &layering.layer, &layering.steep, &layering.level, &layering.leftover, &layering.closes, as_lattice,
                          &lattice))
        return NULL;
    int64_t planes = b[0].len / 8 - 1;
    const double *numbers = b[5].buf;
    if (!fits(b, 5, 4 * planes, 8)) return refused(b, 7);
    Drawn drawn = {planes, depths, b[0].buf, b[1].buf, b[2].buf, b[3].buf, b[4].buf,
                   numbers, numbers + planes, numbers + 2 * planes, numbers + 3 * planes, b[6].buf};
    if (!are_on(&lattice, b, -1) || !are_planes(b, 0, &drawn)) return refused(b, 7);
    if (!(layering.layer > 0) || lattice.node_rows > INT32_MAX / lattice.node_columns) {
        PyErr_SetString(PyExc_ValueError, "the layers or the lattice of the kernel are out of range");
        return refused(b, 7);
    }
    double *edges;
    int64_t count, result;
    LayerTable layers = {0};
    Py_BEGIN_ALLOW_THREADS
    result = rt_interpolated(&drawn, &layering, &lattice, &edges, &count, &layers);
    Py_END_ALLOW_THREADS
    if (result) free(layers.layers);
    if (result == NO_MEMORY) return finished(b, 7, result);
    for (int k = 0; k < 7; k++) PyBuffer_Release(b + k);
    if (result) Py_RETURN_NONE;
    PyObject *all_edges = made_of(edges, 4 * count), *all_layers = made_of(layers.layers, 3 * layers.count);
    PyObject *both = all_edges && all_layers ? PyTuple_Pack(2, all_edges, all_layers) : NULL;
    Py_XDECREF(all_edges), Py_XDECREF(all_layers);
    return both;
}

/* refine(dose (z, y, x), table (3, nodes) and weights (3, fine nodes) of each axis, ranges (3, 3): parts, first and count
 *        of each axis, fine). A table holds steps, shares, and whether steps are even, each from its beginning on. */
static PyObject *refine(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[9];
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*y*y*w*", b, b + 1, b + 2, b + 3, b + 4, b + 5, b + 6, b + 7, b + 8))
        return NULL;
    RefinedAxis axes[3];
    int64_t nodes = 1, fine = 1, result;
    int is_room = fits(b, 7, 9, 8);
    for (int k = 0; is_room && k < 3; k++) {
        const int64_t *range = (const int64_t *)b[7].buf + 3 * k;
        const float *table = b[1 + 2 * k].buf;
        int64_t n = b[1 + 2 * k].len / 12, m = b[2 + 2 * k].len / 12;
        is_room = n >= 2 && range[0] >= 1 && range[0] <= m && m == (n - 1) * range[0] + 1 && range[1] >= 0 && range[2] >= 1 &&
                  range[1] <= m - range[2];
        if (!is_room) PyErr_SetString(PyExc_ValueError, "an axis of the kernel is not cut evenly");
        axes[k] = (RefinedAxis){n, range[0], m, range[1], range[2], table, table + n, table + 2 * n, b[2 + 2 * k].buf};
        nodes *= n, fine *= range[2];
    }
    if (!is_room || !fits(b, 0, nodes, 4) || !fits(b, 8, fine, 4)) return refused(b, 9);
    Py_BEGIN_ALLOW_THREADS
    result = rt_refine(b[0].buf, axes, b[8].buf);
    Py_END_ALLOW_THREADS
    return finished(b, 9, result);
}

PyMethodDef FIELD_METHODS[] = {
    {"squared_distances", squared_distances, METH_VARARGS, NULL},
    {"zero_level", zero_level, METH_VARARGS, NULL},
    {"interpolated", interpolated, METH_VARARGS, NULL},
    {"refine", refine, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
