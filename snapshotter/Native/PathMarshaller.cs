using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

namespace Cairn.Snapshotter.Native;

/// <summary>Hands a name to the C library as <see cref="PathText"/> has it; short names need no allocation.</summary>
[CustomMarshaller(typeof(string), MarshalMode.ManagedToUnmanagedIn, typeof(ManagedToUnmanagedIn))]
internal static unsafe class PathMarshaller
{
    public ref struct ManagedToUnmanagedIn
    {
        private byte* _bytes;
        private bool _allocated;

        public static int BufferSize => 512;

        public void FromManaged(string? path, Span<byte> buffer)
        {
            if (path is null)
            {
                return;
            }
            if (path.Contains('\0', StringComparison.Ordinal))
            {
                throw new ArgumentException("A path contains a NUL character.", nameof(path));
            }
            int length = PathText.GetMaxByteCount(path.Length) + 1;
            if (length <= buffer.Length)
            {
                // The buffer lies on the caller's stack, so its address stays.
                _bytes = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(buffer));
            }
            else
            {
                _bytes = (byte*)NativeMemory.Alloc((nuint)length);
                _allocated = true;
                buffer = new Span<byte>(_bytes, length);
            }
            int written;
            try
            {
                written = PathText.Encode(path, buffer);
            }
            catch
            {
                Free();
                throw;
            }
            buffer[written] = 0;
        }

        public readonly byte* ToUnmanaged() => _bytes;

        public void Free()
        {
            if (_allocated)
            {
                NativeMemory.Free(_bytes);
                _allocated = false;
            }
        }
    }
}
