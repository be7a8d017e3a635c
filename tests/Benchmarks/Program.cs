using BenchmarkDotNet.Running;
using Cairn.Benchmarks.Figures;

// "figures" times whole solves and whole processes beside BuildKit's figures, "storage" the store alone; anything else goes to BenchmarkDotNet.
if (args is ["figures", .. string[] rest])
{
    return await FigureCommand.RunAsync(rest);
}

if (args is ["storage", .. string[] options])
{
    return StorageFigures.Run(options);
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
