/** Lets `globalSetup`, for which Jest applies no `moduleNameMapper`, import TypeScript by the `.js` names of ES modules. */
const Module = require('node:module');

const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function resolve(request, parent, ...rest) {
  const mapped =
    /^\.{1,2}\/.*\.js$/.test(request) && parent?.filename?.endsWith('.ts') ? request.replace(/\.js$/, '.ts') : request;
  return resolveFilename.call(this, mapped, parent, ...rest);
};
