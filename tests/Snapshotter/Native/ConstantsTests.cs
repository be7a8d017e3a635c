using System.Globalization;
using System.Reflection;
using System.Text;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Tests.Support;
using Xunit;

namespace Cairn.Snapshotter.Tests.Native;

public sealed class ConstantsTests
{
    [Fact]
    public void Every_constant_and_layout_is_that_of_the_C_headers()
    {
        var expected = new SortedDictionary<string, ulong>(StringComparer.Ordinal);
        foreach (Type type in (Type[])[typeof(Libc), typeof(Errno)])
        {
            foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Static).Where(static field => field.IsLiteral))
            {
                object value = field.GetRawConstantValue()!;
                expected.Add(field.Name, value is ulong big ? big : unchecked((ulong)Convert.ToInt64(value, CultureInfo.InvariantCulture)));
            }
        }
        Assert.True(expected.Count > 80);
        AddLayout<Statx>(expected, "struct statx");
        AddLayout<StatxTimestamp>(expected, "struct statx_timestamp");
        AddLayout<Timespec>(expected, "struct timespec");
        AddLayout<MountAttributes>(expected, "struct mount_attr");
        AddLayout<OpenHow>(expected, "struct open_how");
        AddLayout<WindowSize>(expected, "struct winsize");

        var program = new StringBuilder(
            """
            #define _GNU_SOURCE
            #include <stdio.h>
            #include <stddef.h>
            #include <dirent.h>
            #include <errno.h>
            #include <fcntl.h>
            #include <sched.h>
            #include <signal.h>
            #include <time.h>
            #include <unistd.h>
            #include <sys/file.h>
            #include <sys/ioctl.h>
            #include <sys/mman.h>
            #include <sys/mount.h>
            #include <sys/stat.h>
            #include <sys/syscall.h>
            #include <linux/fs.h>
            #include <linux/openat2.h>
            int main(void) {

            """);
        foreach (string expression in expected.Keys)
        {
            program.Append(CultureInfo.InvariantCulture, $"printf(\"%llu %s\\n\", (unsigned long long)({expression}), \"{expression}\");\n");
        }
        program.Append("return 0; }\n");
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory["c.c"], program.ToString());
        string output = Shell.Run("gcc -o c c.c && ./c", directory.Path);

        Assert.Equal(string.Concat(expected.Select(static pair => $"{pair.Value} {pair.Key}\n")), output);
    }

    private static void AddLayout<T>(SortedDictionary<string, ulong> expected, string name)
        where T : unmanaged
    {
        expected.Add($"sizeof({name})", (ulong)System.Runtime.CompilerServices.Unsafe.SizeOf<T>());
        foreach (FieldInfo field in typeof(T).GetFields().Where(static field => !field.Name.StartsWith("spare", StringComparison.Ordinal)))
        {
            expected.Add($"offsetof({name}, {field.Name})", (ulong)System.Runtime.InteropServices.Marshal.OffsetOf<T>(field.Name));
        }
    }
}
