namespace Cairn.Snapshotter.Native;

/// <summary>Reads zstd frames.</summary>
internal sealed unsafe class ZstdDecodingStream(Stream source) : DecodingStream(source, "zstd")
{
    private readonly nint _context = Libzstd.ZSTD_createDCtx();
    private bool _betweenFrames = true;

    protected override DecodeStep Decode(ReadOnlySpan<byte> input, Span<byte> output, bool isLast)
    {
        if (input.IsEmpty && isLast && _betweenFrames)
        {
            return new DecodeStep(0, 0, true);
        }
        fixed (byte* inputStart = input)
        fixed (byte* outputStart = output)
        {
            var inputBuffer = new CodecBuffer { start = inputStart, size = (nuint)input.Length };
            var outputBuffer = new CodecBuffer { start = outputStart, size = (nuint)output.Length };
            nuint result = Libzstd.ZSTD_decompressStream(_context, &outputBuffer, &inputBuffer);
            if (Libzstd.ZSTD_isError(result) != 0)
            {
                throw Damaged(System.Runtime.InteropServices.Marshal.PtrToStringUTF8((nint)Libzstd.ZSTD_getErrorName(result)) ?? "error");
            }
            if (inputBuffer.pos > 0 || outputBuffer.pos > 0)
            {
                _betweenFrames = result == 0;
            }
            return new DecodeStep((int)inputBuffer.pos, (int)outputBuffer.pos, result == 0);
        }
    }

    protected override void Free() => Libzstd.ZSTD_freeDCtx(_context);
}
