const globals = require("globals");

module.exports = [
    {
        files: ["**/static/**/*.js"],
        languageOptions: {
            globals: {
                ...globals.browser,
                odoo: "readonly",
                owl: "readonly",
                luxon: "readonly",
            },
            ecmaVersion: 2024,
            sourceType: "module",
        },
        rules: {
            "no-undef": "error",
            "no-unused-vars": "error",
            eqeqeq: "error",
            "prefer-const": "error",
        },
    },
];
