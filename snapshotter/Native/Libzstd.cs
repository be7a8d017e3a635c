using System.Runtime.InteropServices;

namespace Cairn.Snapshotter.Native;

/// <summary>One to one with libzstd.</summary>
internal static unsafe partial class Libzstd
{
    public const int ZSTD_c_compressionLevel = 100;
    public const int ZSTD_c_nbWorkers = 400;
    public const int ZSTD_c_jobSize = 401;
    public const int ZSTD_e_continue = 0;
    public const int ZSTD_e_end = 2;

    private const string Library = "libzstd.so.1";

    [LibraryImport(Library)]
    public static partial nint ZSTD_createCCtx();

    [LibraryImport(Library)]
    public static partial nuint ZSTD_freeCCtx(nint context);

    [LibraryImport(Library)]
    public static partial nuint ZSTD_CCtx_setParameter(nint context, int parameter, int value);

    [LibraryImport(Library)]
    public static partial nuint ZSTD_compressStream2(nint context, CodecBuffer* output, CodecBuffer* input, int operation);

    [LibraryImport(Library)]
    public static partial nint ZSTD_createDCtx();

    [LibraryImport(Library)]
    public static partial nuint ZSTD_freeDCtx(nint context);

    [LibraryImport(Library)]
    public static partial nuint ZSTD_decompressStream(nint context, CodecBuffer* output, CodecBuffer* input);

    [LibraryImport(Library)]
    public static partial uint ZSTD_isError(nuint code);

    [LibraryImport(Library)]
    public static partial byte* ZSTD_getErrorName(nuint code);
}
