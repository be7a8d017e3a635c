using System.Runtime.InteropServices;

namespace Cairn.Snapshotter.Native;

/// <summary>Reads bzip2 streams.</summary>
internal sealed unsafe class Bzip2DecodingStream : DecodingStream
{
    private readonly BzStream* _stream;
    private bool _betweenStreams;

    public Bzip2DecodingStream(Stream source)
        : base(source, "bzip2")
    {
        _stream = (BzStream*)NativeMemory.AllocZeroed((nuint)sizeof(BzStream));
        Check(Libbz2.BZ2_bzDecompressInit(_stream, 0, 0));
    }

    protected override DecodeStep Decode(ReadOnlySpan<byte> input, Span<byte> output, bool isLast)
    {
        if (_betweenStreams)
        {
            if (input.IsEmpty)
            {
                return new DecodeStep(0, 0, isLast);
            }
            Check(Libbz2.BZ2_bzDecompressInit(_stream, 0, 0));
            _betweenStreams = false;
        }
        fixed (byte* inputStart = input)
        fixed (byte* outputStart = output)
        {
            _stream->next_in = inputStart;
            _stream->avail_in = (uint)input.Length;
            _stream->next_out = outputStart;
            _stream->avail_out = (uint)output.Length;
            int result = Libbz2.BZ2_bzDecompress(_stream);
            Check(result);
            if (result == Libbz2.BZ_STREAM_END)
            {
                Check(Libbz2.BZ2_bzDecompressEnd(_stream));
                _betweenStreams = true;
            }
            return new DecodeStep(input.Length - (int)_stream->avail_in, output.Length - (int)_stream->avail_out, _betweenStreams);
        }
    }

    protected override void Free()
    {
        if (!_betweenStreams)
        {
            _ = Libbz2.BZ2_bzDecompressEnd(_stream);
        }
        NativeMemory.Free(_stream);
    }

    private void Check(int result)
    {
        if (result is not (Libbz2.BZ_OK or Libbz2.BZ_STREAM_END))
        {
            throw Damaged($"the data is not valid (code {result})");
        }
    }
}
